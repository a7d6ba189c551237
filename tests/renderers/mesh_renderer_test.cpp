#include "renderers/mesh/mesh_renderer.h"

#include "engine/gpu/vulkan_result.h"
#include "engine/scene/color.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/renderers/sample_asset.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace diorama {
namespace {

using ::testing::HasSubstr;

using MeshRendererTest = GpuTest;

bool same(const RasterResult& a, const RasterResult& b) {
  return std::ranges::equal(a.color.pixels(), b.color.pixels()) &&
         std::ranges::equal(a.depth_m.pixels(), b.depth_m.pixels());
}

double mean_green(const RasterResult& picture) {
  double sum = 0;
  for (const glm::u8vec4& pixel : picture.color.pixels()) sum += pixel.y;
  return sum / static_cast<double>(picture.color.pixels().size());
}

TEST_F(MeshRendererTest, AnEmptyAssetShowsTheBackground) {
  MeshRenderer renderer(device(), Asset{});
  const RasterResult picture = renderer.render(camera_before(2.0f), {4, 0.01f, {1.0f, 0.5f, 0.0f}});
  for (const glm::u8vec4& pixel : picture.color.pixels()) {
    ASSERT_EQ(pixel.x, 255);
    ASSERT_NEAR(pixel.y, 128, 1);  // the driver's own sRGB coding
    ASSERT_EQ(pixel.z, 0);
    ASSERT_EQ(pixel.w, 255);
  }
  EXPECT_EQ(*std::ranges::max_element(picture.depth_m.pixels()), 0.0f);
  EXPECT_EQ(*std::ranges::max_element(picture.coverage.pixels()), 0.0f);
}

TEST_F(MeshRendererTest, FramesInFlightAreThoseOfOneAfterAnother) {
  const Asset asset = unlit_asset(wavy_sheet(30));
  MeshRenderer renderer(device(), asset);
  const float distances[] = {1.5f, 2.0f, 2.5f, 3.0f};
  std::vector<RasterResult> one_by_one;
  for (const float distance : distances) one_by_one.push_back(renderer.render(camera_before(distance), {}));
  std::vector<RasterResult> overlapped;
  uint64_t last = renderer.begin(camera_before(distances[0]), {});
  for (size_t i = 1; i < 4; ++i) {
    const uint64_t next = renderer.begin(camera_before(distances[i]), {});
    overlapped.push_back(renderer.finish(last));
    last = next;
  }
  overlapped.push_back(renderer.finish(last));
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(same(one_by_one[i], overlapped[i])) << i;
}

TEST_F(MeshRendererTest, SizeAndSamplesMayChangeBetweenFrames) {
  MeshRenderer renderer(device(), unlit_asset(wavy_sheet(30)));
  const RasterResult first = renderer.render(camera_before(2.0f), {});
  EXPECT_EQ(renderer.render(resized(camera_before(2.0f), {64, 48}), {}).color.size_px(), glm::ivec2(64, 48));
  RasterOptions single;
  single.samples = 1;
  renderer.render(camera_before(2.0f), single);
  EXPECT_TRUE(same(first, renderer.render(camera_before(2.0f), {})));
}

TEST_F(MeshRendererTest, DepthIsLeftOutOnRequest) {
  MeshRenderer renderer(device(), unlit_asset(wavy_sheet(10)));
  EXPECT_TRUE(renderer.render(camera_before(2.0f), {}, false).depth_m.empty());
}

TEST_F(MeshRendererTest, PassesAreTimedAndCounted) {
  MeshRenderer renderer(device(), unlit_asset(wavy_sheet(60)));
  renderer.render(camera_before(2.0f), {});
  EXPECT_EQ(renderer.stats().triangles, 7200u);
  EXPECT_EQ(renderer.stats().chunks, 15u);
  EXPECT_GE(renderer.stats().draws, 2u);   // colour and depth
  EXPECT_LE(renderer.stats().draws, 30u);  // chunks that follow one another are joined
  EXPECT_GT(renderer.stats().triangles_drawn, 0u);
  EXPECT_LE(renderer.stats().triangles_drawn, 7200u);
  EXPECT_GT(renderer.stats().memory_bytes, 0u);
  if (device().timestamp_bits() == 0) GTEST_SKIP() << device().info().name << " has no timestamps";
  const std::vector<PassTime>& times = renderer.pass_times();
  ASSERT_EQ(times.size(), 3u);
  EXPECT_EQ(times[0].name, "color");
  EXPECT_GT(times[0].ms, 0.0);
}

TEST_F(MeshRendererTest, LitSurfacesFacingTheSunAreBrighter) {
  Asset asset = unlit_asset(wavy_sheet(30));
  asset.meshes[0].mesh.colors_linear.clear();
  asset.materials[0].unlit = false;
  asset.materials[0].metallic = 0.0f;
  Asset turned = asset;  // about X, so that it looks at the ground
  for (glm::vec3& p : turned.meshes[0].mesh.positions) p = {p.x, -p.z, p.y};
  for (glm::vec3& n : turned.meshes[0].mesh.normals) n = {n.x, -n.z, n.y};
  Camera below = camera_before(2.5f);
  const glm::mat3 turn(1, 0, 0, 0, 0, 1, 0, -1, 0);
  below.world_from_camera = Rigid{turn, glm::vec3(0.0f)} * below.world_from_camera;
  MeshRenderer lit(device(), asset), dark(device(), turned);
  const double bright = mean_green(lit.render(camera_before(2.5f), {}));
  EXPECT_GT(bright, 1.3 * mean_green(dark.render(below, {})));
}

TEST_F(MeshRendererTest, MeshesWithoutNormalsAreLitByTheirTriangles) {
  Asset asset = unlit_asset(wavy_sheet(60));
  asset.materials[0].unlit = false;
  Asset flat = asset;
  flat.meshes[0].mesh.normals.clear();
  MeshRenderer smooth_renderer(device(), asset), flat_renderer(device(), flat);
  // Small triangles: their normals are close to those of the corners.
  EXPECT_NEAR(mean_green(smooth_renderer.render(camera_before(2.5f), {})),
              mean_green(flat_renderer.render(camera_before(2.5f), {})), 1.0);
}

TEST_F(MeshRendererTest, MapsChangeWhatTheySay) {
  Asset asset = unlit_asset(wavy_sheet(30));
  asset.materials[0].unlit = false;
  asset.materials[0].metallic = 0.0f;
  MeshRenderer plain(device(), asset);
  const double before = mean_green(plain.render(camera_before(2.5f), {}));
  asset.textures.push_back({"black", ImageRgba8({4, 4}, glm::u8vec4(0, 0, 0, 255))});
  asset.textures.push_back({"up", ImageRgba8({4, 4}, glm::u8vec4(128, 128, 255, 255))});
  asset.meshes[0].mesh.tangents.assign(asset.meshes[0].mesh.positions.size(), glm::vec4(1, 0, 0, 1));
  asset.materials[0].normal_texture = 1;  // no bump: nothing changes
  MeshRenderer bumped(device(), asset);
  EXPECT_NEAR(mean_green(bumped.render(camera_before(2.5f), {})), before, 1.0);
  asset.materials[0].occlusion_texture = 0;  // no sky: darker
  MeshRenderer occluded(device(), asset);
  EXPECT_LT(mean_green(occluded.render(camera_before(2.5f), {})), 0.9 * before);
}

TEST_F(MeshRendererTest, MovedMeshesAreThoseOfARendererMadeForThem) {
  Asset asset = unlit_asset(wavy_sheet(40));
  Material glass = asset.materials[0];
  glass.alpha_mode = AlphaMode::kBlend;
  glass.base_color_linear.w = 0.5f;
  asset.materials.push_back(glass);
  asset.meshes.push_back({"glass", wavy_sheet(8), 1});
  MeshRenderer renderer(device(), asset);
  const RasterResult before = renderer.render(camera_before(2.0f), {});
  Asset moved = asset;
  for (MeshPart& part : moved.meshes) {
    for (glm::vec3& p : part.mesh.positions) p = 0.5f * p + glm::vec3(0.3f, 0, 0.1f);
  }
  renderer.set_meshes(moved.meshes, asset);
  MeshRenderer fresh(device(), moved);
  const RasterResult after = renderer.render(camera_before(2.0f), {});
  EXPECT_TRUE(same(after, fresh.render(camera_before(2.0f), {})));
  EXPECT_FALSE(same(before, after));
  renderer.set_meshes(asset.meshes, asset);
  EXPECT_TRUE(same(before, renderer.render(camera_before(2.0f), {})));
}

TEST_F(MeshRendererTest, APictureLargerThanTheDeviceDrawsIsRefused) {
  MeshRenderer renderer(device(), unlit_asset(wavy_sheet(4)));
  try {
    renderer.render(resized(camera_before(2.0f), {5000, 100}), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("5000x100"));
  }
  EXPECT_GT(mean_green(renderer.render(camera_before(2.0f), {})), 0.0);  // and goes on
}

TEST_F(MeshRendererTest, AssetsThatDoNotHoldTogetherAreRefused) {
  Asset no_uvs = unlit_asset(wavy_sheet(4));
  no_uvs.meshes[0].mesh.uvs.clear();
  no_uvs.textures.push_back({"t", block_texture({4, 4}, false)});
  no_uvs.materials[0].base_color_texture = 0;
  EXPECT_THROW(MeshRenderer(device(), no_uvs), Error);
  Asset no_material = unlit_asset(wavy_sheet(4));
  no_material.meshes[0].material = 7;
  EXPECT_THROW(MeshRenderer(device(), no_material), Error);
  Asset no_texture = unlit_asset(wavy_sheet(4));
  no_texture.materials[0].base_color_texture = 0;
  EXPECT_THROW(MeshRenderer(device(), no_texture), Error);
}

TEST_F(MeshRendererTest, ALostDeviceIsSurvivedByMakingTheRendererAgain) {
  const Asset asset = unlit_asset(wavy_sheet(10));
  RasterResult before;
  {
    MeshRenderer renderer(device(), asset);
    before = renderer.render(camera_before(2.0f), {});
    device().lose_at_next_submit();
    EXPECT_THROW(renderer.render(camera_before(2.0f), {}), DeviceLost);
  }
  make_device(options());
  MeshRenderer renderer(device(), asset);
  EXPECT_TRUE(same(before, renderer.render(camera_before(2.0f), {})));
}

}  // namespace
}  // namespace diorama
