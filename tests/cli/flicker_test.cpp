#include "tools/eval/flicker.h"

#include "engine/base/random.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

constexpr glm::ivec2 kSize{64, 48};

ImageRgba8 plain(uint8_t value) {
  return ImageRgba8(kSize, {value, value, value, 255});
}

// A grey picture with a square of 8 pixels at (x, 20).
ImageRgba8 with_square(int x) {
  ImageRgba8 picture = plain(100);
  for (int j = 20; j < 28; ++j) {
    for (int i = x; i < x + 8; ++i) picture.at(i, j) = {220, 30, 30, 255};
  }
  return picture;
}

FlickerPicture shown(ImageRgba8 truth, ImageRgba8 render) {
  return {std::move(truth), std::move(render), ImageU8(kSize, 255)};
}

TEST(MovingPixels, HoldWhatMovedBeforeAndAfterWithAMargin) {
  const ImageU8 moving = moving_pixels(with_square(10), with_square(30));
  for (const int x : {10, 17, 30, 37}) EXPECT_EQ(moving.at(x, 24), 255) << x;
  EXPECT_EQ(moving.at(8, 24), 255) << "the margin";
  EXPECT_EQ(moving.at(60, 24), 0);
  EXPECT_EQ(moving.at(10, 2), 0);
}

TEST(MovingPixels, NoiseIsNoMotion) {
  Random random(5);
  ImageRgba8 a = plain(100), b = plain(100);
  for (ImageRgba8* picture : {&a, &b}) {
    for (glm::u8vec4& p : picture->pixels()) {
      for (int c = 0; c < 3; ++c) p[c] = static_cast<uint8_t>(100 + 3 * random.normal());
    }
  }
  // Of 3 counts of noise a mean of 25 differences has 0.85: 4 is 4.7 sigma, at 9,216 values 0.02 are expected.
  const ImageU8 moving = moving_pixels(a, b);
  for (const uint8_t value : moving.pixels()) EXPECT_EQ(value, 0);
}

TEST(Flicker, IsTheMeanChangeWhereTheTruthStandsStill) {
  FlickerMeter meter;
  EXPECT_FALSE(meter.add(3, false, shown(with_square(10), plain(50))));
  const std::optional<double> moving = meter.add(3, true, shown(with_square(10), plain(52)));
  EXPECT_FALSE(moving) << "nothing moved";
  const std::optional<Flicker> flicker = meter.of_camera(3);
  ASSERT_TRUE(flicker);
  EXPECT_DOUBLE_EQ(flicker->render, 2);
  EXPECT_DOUBLE_EQ(flicker->truth, 0);
  EXPECT_DOUBLE_EQ(flicker->static_share, 1);
  EXPECT_FALSE(meter.of_camera(2));
}

TEST(Flicker, LeavesOutWhatMoves) {
  FlickerMeter meter;
  meter.add(0, false, shown(with_square(10), with_square(10)));
  const std::optional<double> moving = meter.add(0, true, shown(with_square(30), with_square(30)));
  ASSERT_TRUE(moving);
  EXPECT_TRUE(std::isinf(*moving)) << "the render follows exactly";
  const std::optional<Flicker> flicker = meter.of_camera(0);
  ASSERT_TRUE(flicker);
  EXPECT_DOUBLE_EQ(flicker->render, 0);
  // Two squares of 8 + 2 * (2 + 4) = 20 pixels a side, at most.
  EXPECT_GE(flicker->static_share, 1 - 2 * 20.0 * 20.0 / (64 * 48));
  EXPECT_LT(flicker->static_share, 1);
}

TEST(Flicker, CountsNoPixelThatIsEmptyInBoth) {
  FlickerMeter meter;
  FlickerPicture before = shown(plain(255), plain(255)), now = shown(plain(255), plain(255));
  for (FlickerPicture* picture : {&before, &now}) picture->filled = ImageU8(kSize, 0);
  before.filled.at(5, 5) = now.filled.at(6, 5) = 255;
  now.render.at(5, 5) = {245, 255, 255, 255};
  meter.add(0, false, before);
  meter.add(0, true, now);
  EXPECT_DOUBLE_EQ(meter.of_camera(0)->render, 10.0 / (2 * 3));
}

TEST(Flicker, FramesThatDoNotFollowAreNotCompared) {
  FlickerMeter meter;
  meter.add(0, false, shown(plain(1), plain(1)));
  meter.add(0, false, shown(plain(1), plain(9)));
  EXPECT_FALSE(meter.of_camera(0));
}

}  // namespace
}  // namespace diorama
