#include "renderers/splats/splat_raster_view.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

const Camera kCamera{{64, 48}, {60, 60}, {32, 24}, {}};

// A wide flat splat across the view at this depth.
void add_wall(SplatCloud& cloud, float z_m, float opacity, glm::vec3 color) {
  const size_t i = cloud.size();
  cloud.resize(i + 1);
  cloud.positions[i] = {0, 0, z_m};
  cloud.scales[i] = {10 * z_m, 10 * z_m, 0.001f};
  cloud.opacities[i] = opacity;
  cloud.sh[i] = (color - 0.5f) / kShC0;
}

Asset asset_of(const SplatCloud& cloud) {
  Asset asset;
  asset.splats.push_back({.name = "walls", .cloud = cloud});
  return asset;
}

TEST(SplatRasterView, BlendsOverTheBackgroundInDisplaySpace) {
  ThreadPool pool(2);
  SplatCloud cloud;
  add_wall(cloud, 2, 0.5f, {1, 0, 0.5f});
  SplatRasterView view(asset_of(cloud));
  const RasterResult picture = view.draw(kCamera, {.background = glm::vec3(0, 1, 0)}, true, pool);
  ASSERT_EQ(picture.color.size_px(), kCamera.size_px);
  const glm::u8vec4 middle = picture.color.at(32, 24);
  // The wall's falloff is below 0.2 % in the picture's middle; half a count is 0.2 %.
  EXPECT_NEAR(middle.r, 127.5, 1);
  EXPECT_NEAR(middle.g, 127.5, 1);
  EXPECT_NEAR(middle.b, 63.75, 1);
  EXPECT_EQ(middle.a, 255);
  EXPECT_NEAR(picture.coverage.at(32, 24), 0.5f, 0.002f);
}

TEST(SplatRasterView, DepthIsTheMeanOfWhatIsSeenAndZeroInHaze) {
  ThreadPool pool(2);
  SplatCloud haze;
  add_wall(haze, 2, 0.4f, glm::vec3(1));
  EXPECT_EQ(SplatRasterView(asset_of(haze)).draw(kCamera, {}, true, pool).depth_m.at(32, 24), 0.0f);
  EXPECT_TRUE(SplatRasterView(asset_of(haze)).draw(kCamera, {}, false, pool).depth_m.empty());
  // Weights 0.4 at 2 m and 0.6 * 0.5 at 4 m: (0.8 + 1.2) / 0.7.
  add_wall(haze, 4, 0.5f, glm::vec3(1));
  const RasterResult both = SplatRasterView(asset_of(haze)).draw(kCamera, {}, true, pool);
  EXPECT_NEAR(both.depth_m.at(32, 24), 2.0f / 0.7f, 0.01f) << "the walls' falloff";
  EXPECT_NEAR(both.coverage.at(32, 24), 0.7f, 0.003f);
}

TEST(SplatRasterView, AllCloudsAreDrawnAsOne) {
  ThreadPool pool(2);
  SplatCloud near_wall, far_wall;
  add_wall(near_wall, 2, 0.9f, {1, 0, 0});
  add_wall(far_wall, 4, 0.9f, {0, 1, 0});
  Asset asset = asset_of(far_wall);
  asset.splats.push_back({.name = "near", .cloud = near_wall});
  const glm::u8vec4 middle = SplatRasterView(asset).draw(kCamera, {}, false, pool).color.at(32, 24);
  EXPECT_NEAR(middle.r, 0.9 * 255, 2);
  EXPECT_NEAR(middle.g, 0.09 * 255, 2) << "behind the near wall, whatever the order of the clouds";
}

// A splat thinner than a pixel is dimmed by the compensation and only by it.
TEST(SplatRasterView, DrawsAsTheRecordSaysTheSplatsWereFitted) {
  ThreadPool pool(2);
  SplatCloud cloud;
  cloud.resize(1);
  cloud.positions[0] = {0.5f / 60 * 2, 0.5f / 60 * 2, 2};  // a pixel's centre
  cloud.scales[0] = glm::vec3(0.3f / 60 * 2);              // 0.3 pixels
  cloud.opacities[0] = 0.9f;
  Asset asset = asset_of(cloud);
  const float plain = SplatRasterView(asset).draw(kCamera, {}, false, pool).coverage.at(32, 24);
  asset.record = AssetRecord{.antialiased = true};
  const float compensated = SplatRasterView(asset).draw(kCamera, {}, false, pool).coverage.at(32, 24);
  EXPECT_NEAR(plain, 0.9f, 0.005f);
  // sqrt(det S / det (S + 0.3)) = 0.09 / 0.39.
  EXPECT_NEAR(compensated, 0.9f * 0.09f / 0.39f, 0.005f);
}

}  // namespace
}  // namespace diorama
