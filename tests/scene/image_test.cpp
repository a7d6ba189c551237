#include "engine/scene/image.h"

#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

ImageRgba8 noise(glm::ivec2 size_px, uint64_t seed, bool opaque) {
  Random random(seed);
  ImageRgba8 image(size_px);
  for (glm::u8vec4& pixel : image.pixels()) {
    const uint32_t bits = random.next();
    pixel = {bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, opaque ? 255 : bits >> 24};
  }
  return image;
}

// Sums over the picture of colour times alpha, and of alpha.
glm::dvec4 mean_light(const ImageRgba8& image) {
  glm::dvec4 sum(0);
  for (const glm::u8vec4& p : image.pixels()) sum += glm::dvec4(glm::dvec3(p) * (p.a / 255.0), p.a);
  return sum / static_cast<double>(image.pixels().size());
}

TEST(Image, RowsAndPixelsAgree) {
  Image<int> image({3, 2});
  image.at(2, 1) = 7;
  EXPECT_EQ(image.row(1)[2], 7);
  EXPECT_EQ(image.pixels()[5], 7);
  EXPECT_EQ(image.row(0).size(), 3u);
  EXPECT_TRUE(image.contains({2, 1}));
  EXPECT_FALSE(image.contains({3, 1}));
  EXPECT_FALSE(image.contains({0, -1}));
  EXPECT_TRUE(Image<int>().empty());
  EXPECT_THROW(Image<int>({-1, 2}), Bug);
}

TEST(ShrinkByArea, RatioOfThreeToTwoHasTheClosedForm) {
  // Three pixels to two: each target covers one pixel and half of the middle one, so (2 a + b) / 3 and (b + 2 c) / 3.
  ImageRgba8 image({3, 1}, {0, 0, 0, 255});
  image.at(0, 0) = {30, 0, 255, 255};
  image.at(1, 0) = {60, 90, 255, 255};
  image.at(2, 0) = {120, 9, 255, 255};
  const ImageRgba8 small = shrink_by_area(image, {2, 1});
  EXPECT_EQ(small.at(0, 0), glm::u8vec4(40, 30, 255, 255));
  EXPECT_EQ(small.at(1, 0), glm::u8vec4(100, 36, 255, 255));
}

TEST(ShrinkByArea, WholeRatioIsTheMeanOfABlock) {
  const ImageRgba8 image = noise({24, 18}, 1, true);
  const ImageRgba8 small = shrink_by_area(image, {8, 6});
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 8; ++x) {
      glm::ivec3 sum(0);
      for (int i = 0; i < 9; ++i) sum += glm::ivec3(image.at(3 * x + i % 3, 3 * y + i / 3));
      for (int c = 0; c < 3; ++c) EXPECT_NEAR(small.at(x, y)[c], sum[c] / 9.0, 0.501);  // rounding to a byte
    }
  }
}

TEST(ShrinkByArea, MeanIsPreserved) {
  const ImageRgba8 image = noise({101, 67}, 2, true);
  for (const glm::ivec2 size : {glm::ivec2(67, 44), glm::ivec2(100, 66), glm::ivec2(13, 67), glm::ivec2(1, 1)}) {
    const glm::dvec4 difference = mean_light(shrink_by_area(image, size)) - mean_light(image);
    // Bytes are rounded to half a level; the mean of n such errors shrinks by sqrt(n), the last size has one.
    const double tolerance = size.x == 1 ? 0.501 : 0.05;
    for (int c = 0; c < 4; ++c) EXPECT_NEAR(difference[c], 0, tolerance) << size.x << "x" << size.y;
  }
}

TEST(ShrinkByArea, ClearPixelsDoNotBleed) {
  ImageRgba8 image({2, 1}, {0, 255, 0, 0});  // green, but nothing of it is seen
  image.at(1, 0) = {200, 0, 0, 255};
  EXPECT_EQ(shrink_by_area(image, {1, 1}).at(0, 0), glm::u8vec4(200, 0, 0, 128));
  EXPECT_EQ(shrink_by_area(ImageRgba8({2, 2}, {9, 9, 9, 0}), {1, 1}).at(0, 0), glm::u8vec4(0));
}

TEST(ShrinkByArea, ConstantStaysConstantAndSameSizeIsACopy) {
  const ImageRgba8 flat({97, 31}, {3, 254, 77, 255});
  const ImageRgba8 small = shrink_by_area(flat, {41, 30});
  for (const glm::u8vec4& pixel : small.pixels()) EXPECT_EQ(pixel, glm::u8vec4(3, 254, 77, 255));
  const ImageRgba8 image = noise({5, 4}, 3, false);
  const ImageRgba8 same = shrink_by_area(image, {5, 4});
  EXPECT_TRUE(std::equal(image.pixels().begin(), image.pixels().end(), same.pixels().begin()));
}

TEST(ShrinkByArea, GrowingIsABug) {
  EXPECT_THROW(shrink_by_area(ImageRgba8({4, 4}), {5, 4}), Bug);
  EXPECT_THROW(shrink_by_area(ImageRgba8({4, 4}), {0, 4}), Bug);
}

TEST(Composited, MixesByAlphaOverTheBackground) {
  ImageRgba8 image({3, 1});
  image.at(0, 0) = {10, 20, 30, 255};
  image.at(1, 0) = {10, 20, 30, 0};
  image.at(2, 0) = {0, 100, 200, 51};  // a fifth
  const ImageRgba8 result = composited(image, {255, 255, 0});
  EXPECT_EQ(result.at(0, 0), glm::u8vec4(10, 20, 30, 255));
  EXPECT_EQ(result.at(1, 0), glm::u8vec4(255, 255, 0, 255));
  EXPECT_EQ(result.at(2, 0), glm::u8vec4(204, 224, 40, 255));
}

}  // namespace
}  // namespace diorama
