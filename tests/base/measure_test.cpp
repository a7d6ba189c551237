#include "engine/base/measure.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

TEST(Measure, TheMedianIsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 4}), 4);
  EXPECT_EQ(median({8, 1, 2, 4}), 3);
}

TEST(Measure, AStopwatchRunsForwards) {
  const Stopwatch watch;
  const double first = watch.seconds();
  EXPECT_GE(first, 0.0);
  EXPECT_GE(watch.seconds(), first);
}

TEST(Measure, CpuTimeGrowsWithWork) {
  const double before = process_cpu_seconds();
  volatile double sum = 0;
  while (process_cpu_seconds() < before + 0.002) sum = sum + 1;  // would hang if it stood still
  EXPECT_GT(process_cpu_seconds(), before);
}

TEST(Measure, PeakMemoryCountsWhatWasTouched) {
  const double before = peak_memory_mb();
  const std::vector<char> block(size_t{64} << 20, 1);
  EXPECT_EQ(block.back(), 1);
  EXPECT_GE(peak_memory_mb(), 64.0);
  EXPECT_GE(peak_memory_mb(), before);
}

}  // namespace
}  // namespace diorama
