#include "renderers/splats/splat_loader.h"

#include <algorithm>
#include <exception>

namespace diorama {

SplatLoader::SplatLoader(SplatLodSource& source) : source_(&source), thread_([this] { run(); }) {}

SplatLoader::~SplatLoader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SplatLoader::want(const std::vector<Piece>& pieces) {
  {
    const std::lock_guard lock(mutex_);
    wanted_.clear();
    for (const Piece& piece : pieces) {
      const bool is_there = std::ranges::any_of(loaded_, [&](const Loaded& loaded) { return loaded.piece == piece; });
      if (!is_there && reading_ != piece) wanted_.push_back(piece);
    }
  }
  changed_.notify_one();
}

std::vector<SplatLoader::Loaded> SplatLoader::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(loaded_, {});
}

void SplatLoader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !wanted_.empty(); });
    if (stop_) return;
    reading_ = wanted_.front();
    wanted_.pop_front();
    Loaded loaded{*reading_, {}, {}};
    lock.unlock();
    try {
      loaded.cloud = source_->read(loaded.piece.first, loaded.piece.second);
    } catch (const std::exception& error) {
      loaded.failure = error.what();
    }
    lock.lock();
    reading_.reset();
    loaded_.push_back(std::move(loaded));
  }
}

}  // namespace diorama
