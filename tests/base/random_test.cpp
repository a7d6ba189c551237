#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace diorama {
namespace {

TEST(Random, IsPcg32) {
  // First round of the reference implementation's demo (pcg-random.org, pcg32-demo, seed 42, stream 54).
  Random random(42, 54);
  for (const uint32_t expected : {0xa15c02b7u, 0x7b47f409u, 0xba1d3330u, 0x83d2f293u, 0xbfa4784bu, 0xcbed606eu}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, StreamsOfOneSeedDiffer) {
  Random a(1, 0), b(1, 1), again(1, 0);
  const uint32_t first = a.next();
  EXPECT_NE(first, b.next());
  EXPECT_EQ(first, again.next());
}

TEST(Random, UniformStaysBelowOneAndFillsTheRange) {
  Random random(3);
  double sum = 0;
  float low = 1, high = 0;
  for (int i = 0; i < 100000; ++i) {
    const float value = random.uniform();
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    sum += value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);  // 5 standard errors of 1/sqrt(12 n)
  EXPECT_LT(low, 1e-3f);
  EXPECT_GT(high, 1 - 1e-3f);
}

TEST(Random, BelowIsEven) {
  Random random(4);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 470);  // 5 standard deviations
  EXPECT_EQ(Random(5).below(1), 0u);
}

TEST(Random, NormalHasUnitMoments) {
  Random random(6);
  double sum = 0, squares = 0, cubes = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    cubes += value * value * value;
  }
  // 5 standard errors: 1, sqrt(2), sqrt(15) over sqrt(n).
  EXPECT_NEAR(sum / kCount, 0, 0.016);
  EXPECT_NEAR(squares / kCount, 1, 0.023);
  EXPECT_NEAR(cubes / kCount, 0, 0.062);
}

}  // namespace
}  // namespace diorama
