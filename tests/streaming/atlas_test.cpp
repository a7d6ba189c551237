#include "streaming/atlas.h"

#include "engine/base/error.h"

#include <gmock/gmock.h>

#include <numeric>
#include <set>

namespace diorama {
namespace {

TEST(Atlas, EveryScalarHasTexelsOfItsOwn) {
  const AtlasLayout layout = choose_layout(1000, 10, 2, 1, 100, {1280, 720});
  EXPECT_NO_THROW(check_layout(layout));
  Picture420 picture = Picture420::filled(layout.size_px, 0, 0);
  std::vector<uint8_t> codes(1000);
  for (int tile = 0; tile < 10; ++tile) {
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i * 7 + static_cast<size_t>(tile) * 31);
    write_tile(picture, layout, AtlasPlane::kLuma, tile, codes);
  }
  for (int tile = 0; tile < 2; ++tile) {
    std::fill(codes.begin(), codes.end(), static_cast<uint8_t>(100 + tile));
    write_tile(picture, layout, AtlasPlane::kCb, tile, codes);
  }
  std::iota(extra_bytes(picture, layout).begin(), extra_bytes(picture, layout).end(), uint8_t{0});
  std::vector<uint8_t> read(1000);
  for (int tile = 0; tile < 10; ++tile) {
    read_tile(picture, layout, AtlasPlane::kLuma, tile, read);
    for (size_t i = 0; i < read.size(); ++i) {
      ASSERT_EQ(read[i], static_cast<uint8_t>(i * 7 + static_cast<size_t>(tile) * 31)) << tile << " " << i;
    }
  }
  read_tile(picture, layout, AtlasPlane::kCb, 1, read);
  EXPECT_THAT(read, testing::Each(101));
  EXPECT_EQ(extra_bytes(picture, layout)[99], 99);
}

TEST(Atlas, PlacesFollowTheCurveOfThePage) {
  const AtlasLayout layout{.size_px = {64, 32}, .tile_px = {32, 32}, .luma_tiles = 2};
  EXPECT_EQ(texel_of(layout, 0), glm::ivec2(0, 0));
  EXPECT_EQ(texel_of(layout, 1), glm::ivec2(1, 0));
  EXPECT_EQ(texel_of(layout, 2), glm::ivec2(0, 1));
  EXPECT_EQ(texel_of(layout, 255), glm::ivec2(15, 15));
  EXPECT_EQ(texel_of(layout, 256), glm::ivec2(16, 0));
  EXPECT_EQ(texel_of(layout, 512 + 6), glm::ivec2(2, 16 + 1));
}

TEST(Atlas, NinetyThousandSplatsFitAnHdPicture) {
  for (const auto& [luma, cb, cr, extra] : {std::tuple(6, 0, 0, size_t{6144}), std::tuple(10, 2, 1, size_t{0})}) {
    const AtlasLayout layout = choose_layout(90000, luma, cb, cr, extra, {1280, 720});
    EXPECT_NO_THROW(check_layout(layout));
    EXPECT_LE(layout.size_px.x, 1280);
    EXPECT_LE(layout.size_px.y, 720);
    EXPECT_GE(layout.capacity(), 90000u);
  }
}

TEST(Atlas, WhatIsLeftOfATileRepeatsTheLastCode) {
  const AtlasLayout layout = choose_layout(300, 1, 0, 0, 0, {1280, 720});
  Picture420 picture = Picture420::filled(layout.size_px, 0, 128);
  const std::vector<uint8_t> codes(300, 9);
  write_tile(picture, layout, AtlasPlane::kLuma, 0, codes);
  std::vector<uint8_t> all(layout.capacity());
  read_tile(picture, layout, AtlasPlane::kLuma, 0, all);
  EXPECT_THAT(all, testing::Each(9));
}

TEST(Atlas, LayoutsThatDoNotFitTogetherAreRefused) {
  const AtlasLayout good = choose_layout(1000, 10, 2, 1, 100, {1280, 720});
  const auto expect_refused = [](AtlasLayout layout) { EXPECT_THROW(check_layout(layout), Error); };
  AtlasLayout bad = good;
  bad.size_px.x -= 16;
  bad.tile_px.x = good.size_px.x;
  expect_refused(bad);
  bad = good;
  bad.luma_tiles = 64;
  expect_refused(bad);
  bad = good;
  bad.tile_px.y = 17;
  expect_refused(bad);
  bad = good;
  bad.size_px.y = 1 << 20;
  expect_refused(bad);
  bad = good;
  bad.cr_tiles = 60;
  expect_refused(bad);
  bad = good;
  bad.extra_rows = -1;
  expect_refused(bad);
  bad = good;
  bad.tile_px = {0, 0};
  expect_refused(bad);
}

}  // namespace
}  // namespace diorama
