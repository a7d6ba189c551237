#include "engine/nn/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace diorama {
namespace {

TEST(Half, EveryHalfIsTheSameAfterTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = float_from_half(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(float_from_half(half_from_float(value))));
    } else {
      ASSERT_EQ(half_from_float(value), half);
    }
  }
}

TEST(Half, KnownValues) {
  EXPECT_EQ(half_from_float(1), 0x3c00);
  EXPECT_EQ(half_from_float(-2), 0xc000);
  EXPECT_EQ(half_from_float(65504), 0x7bff);
  EXPECT_EQ(half_from_float(65520), 0x7c00);  // halfway to what does not exist: infinite
  EXPECT_EQ(half_from_float(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(half_from_float(0x1p-24f), 0x0001);
  EXPECT_EQ(half_from_float(0x1p-26f), 0x0000);
  EXPECT_EQ(float_from_half(0x3555), 0.333251953125f);
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(half_from_float(1 + 0x1p-11f), 0x3c00);
  EXPECT_EQ(half_from_float(1 + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(half_from_float(1 + 0x1p-11f + 0x1p-20f), 0x3c01);
  EXPECT_EQ(half_from_float(3 * 0x1p-25f), 0x0002);
}

}  // namespace
}  // namespace diorama
