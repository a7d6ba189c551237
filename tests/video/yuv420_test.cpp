#include "engine/video/yuv420.h"

#include <gtest/gtest.h>

#include <array>

namespace diorama {
namespace {

struct Planes {
  std::vector<uint8_t> y, cb, cr;
};

Planes convert(const ImageRgba8& image) {
  const size_t width = static_cast<size_t>(image.width() + 1) / 2, height = static_cast<size_t>(image.height() + 1) / 2;
  Planes planes{std::vector<uint8_t>(4 * width * height), std::vector<uint8_t>(width * height),
                std::vector<uint8_t>(width * height)};
  yuv420_from_rgba(image, {planes.y.data(), planes.cb.data(), planes.cr.data(), 2 * width, width, width});
  return planes;
}

TEST(Yuv420, PrimariesHaveTheCodesOfBt709LimitedRange) {
  struct Case {
    glm::u8vec4 rgba;
    std::array<int, 3> yuv;
  };
  // 100 % colour bars in BT.709, 8 bit, as in ITU-R BT.709 and EBU Tech 3373; not BT.601's (red there is 81 90 240).
  const Case cases[] = {{{255, 0, 0, 255}, {63, 102, 240}}, {{0, 255, 0, 255}, {173, 42, 26}},
                        {{0, 0, 255, 255}, {32, 240, 118}}, {{255, 255, 255, 255}, {235, 128, 128}},
                        {{0, 0, 0, 255}, {16, 128, 128}},   {{255, 255, 0, 0}, {219, 16, 138}}};
  for (const Case& c : cases) {
    const Planes planes = convert(ImageRgba8({2, 2}, c.rgba));
    EXPECT_EQ(c.yuv, (std::array<int, 3>{planes.y[0], planes.cb[0], planes.cr[0]}));
  }
}

TEST(Yuv420, ChromaIsSitedAtEvenColumns) {
  ImageRgba8 image({4, 2}, {0, 0, 0, 255});
  for (int y = 0; y < 2; ++y) image.at(2, y) = {0, 0, 255, 255};
  const Planes planes = convert(image);
  EXPECT_EQ(planes.cb[0], 128);  // columns 0, 0, 1
  EXPECT_EQ(planes.cb[1], 184);  // columns 1, 2, 3 with weights 1/4 1/2 1/4: half of 112
}

TEST(Yuv420, OddSizesRepeatTheLastRowAndColumn) {
  ImageRgba8 image({3, 3}, {0, 0, 0, 255});
  image.at(2, 2) = {255, 255, 255, 255};
  const Planes planes = convert(image);
  const std::vector<uint8_t> expected = {16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 235, 235, 16, 16, 235, 235};
  EXPECT_EQ(planes.y, expected);
}

}  // namespace
}  // namespace diorama
