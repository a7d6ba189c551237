#include "viewer/core/asset_loader.h"

#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "streaming/splat_video_reader.h"

#include <exception>

namespace diorama {
namespace {

LoadedAsset load(const std::filesystem::path& path, ThreadPool& pool) {
  LoadedAsset result{.path = path};
  const Stopwatch watch;
  try {
    result.asset = read_asset(path, {.pool = &pool});
    if (result.asset.meshes.empty() && splat_count(result.asset) == 0) {
      fail(ErrorCode::kInvalidInput, "{}: has no meshes and no splats to show", path.string());
    }
    result.performance = open_performance(result.asset, path, {}, pool);
  } catch (const std::exception& error) {  // a bad file is told, whatever it is
    result = {.path = path, .failure = error.what()};
  }
  result.seconds = watch.seconds();
  return result;
}

}  // namespace

AssetLoader::AssetLoader(ThreadPool& pool, std::function<void()> on_change)
    : pool_(pool), on_change_(std::move(on_change)), thread_([this] { run(); }) {}

AssetLoader::~AssetLoader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void AssetLoader::open(std::filesystem::path path) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(path);
  }
  changed_.notify_one();
}

std::optional<LoadedAsset> AssetLoader::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(loaded_, std::nullopt);
}

bool AssetLoader::is_busy() const {
  const std::lock_guard lock(mutex_);
  return reading_ || wanted_ || loaded_;
}

void AssetLoader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || wanted_; });
    if (stop_) return;
    const std::filesystem::path path = *std::exchange(wanted_, std::nullopt);
    reading_ = true;
    lock.unlock();
    LoadedAsset loaded = load(path, pool_);
    lock.lock();
    reading_ = false;
    loaded_ = std::move(loaded);
    lock.unlock();
    if (on_change_) on_change_();
    lock.lock();
  }
}

}  // namespace diorama
