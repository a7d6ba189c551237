#pragma once

#include "engine/base/error.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace diorama {

// A fixed set of worker threads (oneTBB). Calls may nest. All results are independent of the thread count as long as
// the bodies write to places that depend on their index alone.
class ThreadPool {
 public:
  // threads = 0: one for each core that the process may use.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(ThreadPool&&) noexcept;
  ThreadPool& operator=(ThreadPool&&) noexcept;

  int thread_count() const;

  // Calls body(begin, end) over [0, count) in pieces of `grain` (the last may be shorter), in any order, and returns
  // when all are done. The first exception is rethrown here. While it waits, the calling thread runs pieces of this
  // call alone, never another task: the caller may hold a lock.
  void parallel_for(size_t count, size_t grain, const std::function<void(size_t begin, size_t end)>& body);

  // Starts `task` in the background and returns at once (a pool of one thread runs it first); it must not throw. The
  // destructor waits for all of them.
  void run_in_background(std::function<void()> task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Sum of term(begin, end) over pieces of `grain`, added up in index order: the same bits for any thread count.
template <class T, class Term>
T sum_in_order(ThreadPool& pool, size_t count, size_t grain, T start, Term&& term) {
  DIO_CHECK(grain > 0);
  const size_t pieces = count / grain + (count % grain != 0 ? 1 : 0);
  std::vector<T> partial(pieces, T{});
  pool.parallel_for(count, grain, [&](size_t begin, size_t end) { partial[begin / grain] = term(begin, end); });
  for (const T& piece : partial) start = start + piece;
  return start;
}

}  // namespace diorama
