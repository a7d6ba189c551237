#include "engine/base/thread_pool.h"

#include "engine/base/error.h"
#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace diorama {
namespace {

class ThreadPoolOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, testing::Values(1, 2, 3, 4));

TEST_P(ThreadPoolOf, VisitsEachIndexOnceInPiecesOfTheGrain) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.thread_count(), GetParam());
  for (const size_t count : {0, 1, 7, 8, 9, 1000}) {
    std::vector<std::atomic<int>> visits(count);
    pool.parallel_for(count, 8, [&](size_t begin, size_t end) {
      EXPECT_EQ(begin % 8, 0u);
      EXPECT_EQ(end, std::min(count, begin + 8));
      for (size_t i = begin; i < end; ++i) ++visits[i];
    });
    for (const auto& visit : visits) EXPECT_EQ(visit, 1);
  }
}

TEST_P(ThreadPoolOf, RethrowsAnExceptionAndStaysUsable) {
  ThreadPool pool(GetParam());
  const auto body = [](size_t begin, size_t) {
    if (begin == 13) throw std::runtime_error("thirteen");
  };
  EXPECT_THROW(pool.parallel_for(100, 1, body), std::runtime_error);
  std::atomic<int> calls = 0;
  pool.parallel_for(10, 1, [&](size_t, size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST_P(ThreadPoolOf, CallsNest) {
  ThreadPool pool(GetParam());
  std::vector<size_t> sums(20);
  pool.parallel_for(20, 1, [&](size_t i, size_t) {
    sums[i] = sum_in_order(pool, 100, 7, size_t{0}, [&](size_t begin, size_t end) { return i * (end - begin); });
  });
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], 100 * i);
}

TEST_P(ThreadPoolOf, DestructorWaitsForBackgroundTasks) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool(GetParam());
    for (int i = 0; i < 20; ++i) {
      pool.run_in_background([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 20);
}

TEST_P(ThreadPoolOf, BackgroundTasksMayUseThePool) {
  std::atomic<size_t> total = 0;
  {
    ThreadPool pool(GetParam());
    for (int i = 0; i < 5; ++i) {
      pool.run_in_background(
          [&] { pool.parallel_for(100, 3, [&](size_t begin, size_t end) { total += end - begin; }); });
    }
  }
  EXPECT_EQ(total, 500u);
}

TEST_P(ThreadPoolOf, LockMayBeHeldAcrossAParallelFor) {
  // A waiting thread that took up a background task here would lock the mutex twice.
  std::mutex mutex;
  int done = 0;
  {
    ThreadPool pool(GetParam());
    for (int round = 0; round < 50; ++round) {
      pool.run_in_background([&] {
        const std::lock_guard lock(mutex);
        pool.parallel_for(64, 1, [](size_t, size_t) {});
        ++done;
      });
      const std::lock_guard lock(mutex);
      pool.parallel_for(64, 1, [](size_t, size_t) {});
      ++done;
    }
  }
  EXPECT_EQ(done, 100);
}

TEST(ThreadPool, SumInOrderHasTheSameBitsForAnyThreadCount) {
  Random random(1);
  std::vector<float> values(100003);
  for (float& value : values) value = random.uniform(-1, 1) * std::exp2(static_cast<float>(random.below(40)));
  const auto sum_with = [&](int threads) {
    ThreadPool pool(threads);
    return sum_in_order(pool, values.size(), 1000, 0.5f, [&](size_t begin, size_t end) {
      return std::accumulate(values.begin() + static_cast<ptrdiff_t>(begin),
                             values.begin() + static_cast<ptrdiff_t>(end), 0.0f);
    });
  };
  const float expected = sum_with(1);
  for (int threads = 2; threads <= 4; ++threads) {
    for (int repeat = 0; repeat < 5; ++repeat) EXPECT_EQ(expected, sum_with(threads));
  }
  // The test can fail: another order has other bits.
  EXPECT_NE(expected, std::accumulate(values.rbegin(), values.rend(), 0.5f));
}

TEST(ThreadPool, SumOfNothingIsTheStart) {
  ThreadPool pool(2);
  EXPECT_EQ(sum_in_order(pool, 0, 10, 3, [](size_t, size_t) { return 1; }), 3);
}

TEST(ThreadPool, HasAThreadForEachCoreByDefault) {
  EXPECT_GE(ThreadPool().thread_count(), 1);
}

TEST(ThreadPool, Moves) {
  ThreadPool pool(1);
  pool = ThreadPool(2);
  const ThreadPool moved = std::move(pool);
  EXPECT_EQ(moved.thread_count(), 2);
}

TEST(ThreadPool, ZeroGrainIsABug) {
  ThreadPool pool(1);
  EXPECT_THROW(pool.parallel_for(1, 0, [](size_t, size_t) {}), Bug);
  EXPECT_THROW(sum_in_order(pool, 1, 0, 0, [](size_t, size_t) { return 0; }), Bug);
}

}  // namespace
}  // namespace diorama
