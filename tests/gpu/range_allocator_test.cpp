#include "engine/gpu/range_allocator.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/gpu/limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace diorama {
namespace {

TEST(RangeAllocator, TakesTheSmallestRangeThatFits) {
  RangeAllocator ranges(1000);
  const uint64_t a = ranges.allocate(100, 1).value();
  const uint64_t b = ranges.allocate(50, 1).value();
  const uint64_t c = ranges.allocate(10, 1).value();
  ranges.release(a);
  ranges.release(c);  // joins the free end
  EXPECT_EQ(ranges.allocate(60, 1), a);
  EXPECT_EQ(ranges.used(), 110u);
  ranges.release(b);
}

TEST(RangeAllocator, AFullRangeGivesNothingAndAnEmptyOneAllAgain) {
  RangeAllocator ranges(256);
  ASSERT_TRUE(ranges.allocate(256, 256));
  EXPECT_FALSE(ranges.allocate(1, 1));
  ranges.release(0);
  EXPECT_TRUE(ranges.empty());
  EXPECT_TRUE(ranges.allocate(256, 1));
}

TEST(RangeAllocator, ReleaseOfWhatWasNotHandedOutIsABug) {
  RangeAllocator ranges(256);
  EXPECT_THROW(ranges.release(0), Bug);
}

TEST(RangeAllocator, RangesNeverOverlapInALongRandomRun) {
  struct Range {
    uint64_t begin, end;
  };
  constexpr uint64_t kSize = 1 << 16;
  RangeAllocator ranges(kSize);
  std::vector<Range> live;
  Random random(7);
  for (int step = 0; step < 20000; ++step) {
    if (!live.empty() && random.below(2) == 0) {
      const size_t i = random.below(static_cast<uint32_t>(live.size()));
      ranges.release(live[i].begin);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    const uint64_t size = 1 + random.below(2000), alignment = uint64_t{1} << random.below(9);
    const auto offset = ranges.allocate(size, alignment);
    if (!offset) continue;
    EXPECT_EQ(*offset % alignment, 0u);
    ASSERT_LE(*offset + size, kSize);
    for (const Range& other : live) ASSERT_TRUE(*offset + size <= other.begin || other.end <= *offset);
    live.push_back({*offset, *offset + size});
  }
  for (const Range& range : live) ranges.release(range.begin);
  EXPECT_EQ(ranges.used(), 0u);
  EXPECT_EQ(ranges.allocate(kSize, 1), 0u);
}

TEST(Limits, ClampingLeavesTheLesserOfBoth) {
  VkPhysicalDeviceLimits limits = baseline_2022_limits();
  limits.maxComputeWorkGroupInvocations = 1024;
  limits.maxImageDimension2D = 2048;
  limits.minStorageBufferOffsetAlignment = 16;
  limits.framebufferColorSampleCounts = VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_8_BIT;
  const VkPhysicalDeviceLimits clamped = clamped_to_baseline_2022(limits);
  EXPECT_EQ(clamped.maxComputeWorkGroupInvocations, 128u);
  EXPECT_EQ(clamped.maxImageDimension2D, 2048u);
  EXPECT_EQ(clamped.minStorageBufferOffsetAlignment, 256u);
  EXPECT_EQ(clamped.framebufferColorSampleCounts, VkSampleCountFlags{VK_SAMPLE_COUNT_1_BIT});
  EXPECT_EQ(clamped.maxDrawIndirectCount, 1u);
}

}  // namespace
}  // namespace diorama
