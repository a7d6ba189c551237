#include "engine/base/thread_pool.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace diorama {
namespace {

// An order between threads that an uninstrumented TBB makes and ThreadSanitizer would not see: what was done before
// mark() is done before what follows wait(). Nothing in other builds.
class Order {
 public:
  void mark() {
#ifdef __SANITIZE_THREAD__
    __tsan_release(this);
#endif
  }
  void wait() {
#ifdef __SANITIZE_THREAD__
    __tsan_acquire(this);
#endif
  }
};

// At the end of a scope, by an exception too.
struct MarkAtEnd {
  Order& order;
  ~MarkAtEnd() { order.mark(); }
};
struct WaitAtEnd {
  Order& order;
  ~WaitAtEnd() { order.wait(); }
};

}  // namespace

struct ThreadPool::Impl {
  // More threads than cores are TBB's to refuse unless it is told; the least of all pools' limits holds.
  explicit Impl(int threads)
      : limit(tbb::global_control::max_allowed_parallelism,
              static_cast<size_t>(std::max(threads, tbb::info::default_concurrency()))),
        arena(threads) {}
  tbb::global_control limit;
  tbb::task_arena arena;
  tbb::task_group background;
  Order background_started, background_done;
};

ThreadPool::ThreadPool(int threads)
    : impl_(std::make_unique<Impl>(threads > 0 ? threads : tbb::info::default_concurrency())) {}

ThreadPool::~ThreadPool() {
  if (!impl_) return;
  impl_->arena.execute([this] { impl_->background.wait(); });
  impl_->background_done.wait();
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
  const size_t pieces = count / grain + (count % grain != 0 ? 1 : 0);
  Order started, done;
  const auto run_piece = [&](size_t piece) {
    started.wait();
    const MarkAtEnd mark_done{done};
    const size_t begin = piece * grain;
    body(begin, begin + std::min(grain, count - begin));
  };
  started.mark();
  const WaitAtEnd wait_for_done{done};
  impl_->arena.execute([&] {
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(size_t{0}, pieces, run_piece, tbb::simple_partitioner()); });
  });
}

void ThreadPool::run_in_background(std::function<void()> task) {
  // A one-thread arena has no worker of its own: the task would never start, so it runs here.
  if (thread_count() == 1) {
    task();
    return;
  }
  tbb::task_handle handle = impl_->background.defer([impl = impl_.get(), task = std::move(task)] {
    impl->background_started.wait();
    task();
    impl->background_done.mark();
  });
  impl_->background_started.mark();
  impl_->arena.enqueue(std::move(handle));
}

}  // namespace diorama
