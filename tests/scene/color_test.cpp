#include "engine/scene/color.h"

#include <gtest/gtest.h>

#include <limits>

namespace diorama {
namespace {

TEST(Color, SrgbHasTheStandardsValues) {
  // IEC 61966-2-1: 8-bit 188 is half the light, 0.04045 the joint of its two parts.
  EXPECT_NEAR(linear_from_srgb(188 / 255.0f), 0.5029f, 1e-4f);
  EXPECT_NEAR(linear_from_srgb(0.04045f), 0.0031308f, 1e-7f);
  EXPECT_NEAR(srgb_from_linear(0.214041f), 0.5f, 1e-6f);
  EXPECT_EQ(linear_from_srgb(0.0f), 0.0f);
  EXPECT_NEAR(linear_from_srgb(1.0f), 1.0f, 1e-6f);
}

TEST(Color, EveryByteSurvivesTheRoundTrip) {
  for (int byte = 0; byte <= 255; ++byte) {
    const float value = static_cast<float>(byte) / 255.0f;
    EXPECT_EQ(unorm8(srgb_from_linear(linear_from_srgb(value))), byte);
    EXPECT_EQ(unorm8(value), byte);
  }
}

TEST(Color, Unorm8RoundsAndClamps) {
  EXPECT_EQ(unorm8(0.5f), 128);
  EXPECT_EQ(unorm8(-1), 0);
  EXPECT_EQ(unorm8(7), 255);
  EXPECT_EQ(unorm8(std::numeric_limits<float>::infinity()), 255);
  EXPECT_EQ(unorm8(std::numeric_limits<float>::quiet_NaN()), 0);
}

}  // namespace
}  // namespace diorama
