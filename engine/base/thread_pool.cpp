#include "engine/base/thread_pool.h"

#include "engine/base/error.h"

#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

namespace diorama {

struct ThreadPool::Impl {
  explicit Impl(int threads) : arena(threads) {}
  tbb::task_arena arena;
  tbb::task_group background;
};

ThreadPool::ThreadPool(int threads)
    : impl_(std::make_unique<Impl>(threads > 0 ? threads : tbb::info::default_concurrency())) {}

ThreadPool::~ThreadPool() {
  if (impl_) impl_->arena.execute([this] { impl_->background.wait(); });
}

ThreadPool::ThreadPool(ThreadPool&&) noexcept = default;

ThreadPool& ThreadPool::operator=(ThreadPool&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

int ThreadPool::thread_count() const {
  return impl_->arena.max_concurrency();
}

void ThreadPool::parallel_for(size_t count, size_t grain, const std::function<void(size_t, size_t)>& body) {
  DIO_CHECK(grain > 0);
  if (count == 0) return;
  const size_t pieces = (count + grain - 1) / grain;
  const auto run_piece = [&](size_t piece) { body(piece * grain, std::min(count, (piece + 1) * grain)); };
  impl_->arena.execute([&] { tbb::parallel_for(size_t{0}, pieces, run_piece, tbb::simple_partitioner()); });
}

void ThreadPool::run_in_background(std::function<void()> task) {
  // A one-thread arena has no worker of its own: the task would never start, so it runs here.
  if (thread_count() == 1) {
    task();
    return;
  }
  impl_->arena.enqueue(impl_->background.defer(std::move(task)));
}

}  // namespace diorama
