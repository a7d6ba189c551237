#include "engine/scene/color.h"
#include "tests/raster/raster_scenes.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

// True where a projected edge passes so near to the pixel's centre that snapping corners to 1/256 pixel may decide.
bool near_an_edge(const Mesh& mesh, const Camera& camera, glm::dvec2 px, double near_m) {
  constexpr double kClose = 1.0 / 64;
  for (size_t i = 0; i < mesh.triangles.size(); ++i) {
    bool any = false, all = true;
    for (const glm::dvec2 step : {glm::dvec2(0), glm::dvec2(kClose, 0), glm::dvec2(-kClose, 0), glm::dvec2(0, kClose),
                                  glm::dvec2(0, -kClose)}) {
      const bool hit = hit_triangle(mesh, i, camera, px + step, near_m).has_value();
      any = any || hit;
      all = all && hit;
    }
    if (any && !all) return true;
  }
  return false;
}

// The picture against exact rays; at least `least` pixels must have been compared.
void expect_as_ray_cast(const Mesh& mesh, const Camera& camera, int least) {
  RasterOptions options;
  options.samples = 1;
  const RasterResult result = draw(mesh, camera, {}, options);
  int compared = 0;
  for (int y = 0; y < camera.size_px.y; ++y) {
    for (int x = 0; x < camera.size_px.x; ++x) {
      const glm::dvec2 px = glm::dvec2(x, y) + 0.5;
      const double near_m = static_cast<double>(options.near_m);
      if (near_an_edge(mesh, camera, px, near_m)) continue;
      const std::optional<RayHit> hit = cast_ray(mesh, camera, px, near_m);
      ASSERT_EQ(result.depth_m.at(x, y) > 0, hit.has_value()) << x << " " << y;
      if (!hit) continue;
      ++compared;
      // Float positions of a metre's size carry 1e-7; a steep triangle amplifies that.
      ASSERT_NEAR(static_cast<double>(result.depth_m.at(x, y)) / hit->z, 1.0, 1e-4) << x << " " << y;
      if (mesh.colors_linear.empty()) continue;
      const glm::uvec3 t = mesh.triangles[hit->triangle];
      const glm::vec3 weight(hit->barycentric);
      const glm::vec4 color =
          weight.x * mesh.colors_linear[t.x] + weight.y * mesh.colors_linear[t.y] + weight.z * mesh.colors_linear[t.z];
      for (int c = 0; c < 3; ++c) {
        // Rounding to 8 bits may fall either way, and dark colours are steep in sRGB.
        ASSERT_NEAR(result.color.at(x, y)[c], unorm8(srgb_from_linear(color[c])), 1) << x << " " << y;
      }
    }
  }
  EXPECT_GE(compared, least);
}

TEST(Interpolation, DepthAndColourOfSlantedTrianglesAreThoseOfTheExactPlane) {
  const Camera camera = test_camera(64, 48, 50);
  Random random(21);
  for (int round = 0; round < 40; ++round) {
    expect_as_ray_cast(random_triangles(random, 1, {-0.3f, -0.3f, 2}, {0.3f, 0.3f, 3}, 1.4f), camera, 0);
  }
  Mesh ground;
  ground.positions = {{-40, 1, 0.5f}, {40, 1, 0.5f}, {0, 1, 400}};
  ground.colors_linear = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}};
  ground.triangles = {{0, 1, 2}};
  expect_as_ray_cast(ground, camera, 500);
}

TEST(Interpolation, RandomMeshesLookAsRaysSeeThem) {
  const Camera camera = test_camera(64, 48, 50);
  Random random(22);
  for (int round = 0; round < 8; ++round) {
    expect_as_ray_cast(random_triangles(random, 80, {-2, -2, 1}, {2, 2, 6}, 0.8f), camera, 500);
  }
}

TEST(Interpolation, TrianglesAroundTheCameraAreCutAtTheNearPlane) {
  const Camera camera = test_camera(48, 40, 30);
  Random random(23);
  for (int round = 0; round < 40; ++round) {
    expect_as_ray_cast(random_triangles(random, 6, {-1, -1, -1}, {1, 1, 1}, 2.5f), camera, 0);
  }
}

TEST(Interpolation, AGroundOfAThousandKilometresHasExactDepth) {
  const Camera camera = test_camera(40, 30, 20);
  Mesh mesh;
  mesh.positions = {{-1e6f, 1, -1e6f}, {1e6f, 1, -1e6f}, {0, 1, 1e6f}};
  mesh.triangles = {{0, 1, 2}};
  const RasterResult result = draw(mesh, camera);
  for (int y = 16; y < 30; ++y) {
    const float expected = camera.focal_px.y / (static_cast<float>(y) + 0.5f - camera.center_px.y);
    for (int x = 0; x < 40; ++x) EXPECT_NEAR(result.depth_m.at(x, y) / expected, 1.0f, 1e-4f) << x << " " << y;
  }
}

TEST(Interpolation, APosedCameraSeesTheSameAsAMovedMesh) {
  Camera camera = test_camera(64, 48, 50);
  Random random(24);
  Mesh mesh = random_triangles(random, 50, {-1, -1, 2}, {1, 1, 4}, 0.5f);
  const RasterResult straight = draw(mesh, camera);
  const float angle = 1.1f;
  camera.world_from_camera.rotation =
      glm::mat3(std::cos(angle), 0, -std::sin(angle), 0, 1, 0, std::sin(angle), 0, std::cos(angle));
  camera.world_from_camera.translation = {3, -2, 1};
  for (glm::vec3& p : mesh.positions) p = camera.world_from_camera * p;
  const RasterResult moved = draw(mesh, camera);
  int differing = 0;
  for (size_t i = 0; i < straight.color.pixels().size(); ++i) {
    if (std::abs(straight.depth_m.pixels()[i] - moved.depth_m.pixels()[i]) > 1e-4f) ++differing;
  }
  EXPECT_LE(differing, 6);  // corners rounded to floats elsewhere: a few edges fall on the other side of a centre
}

TEST(Interpolation, NearerTrianglesHideFartherOnesInAnyOrder) {
  const Camera camera = test_camera(32, 32, 32);
  const std::vector<glm::vec2> px = {{2, 2}, {60, 2}, {2, 60}, {2, 2}, {60, 2}, {2, 60}};
  Mesh mesh = mesh_on_screen(camera, px, {1.0f, 1.0f, 1.0f, 3.0f, 3.0f, 3.0f}, {{0, 1, 2}, {3, 4, 5}});
  mesh.colors_linear.assign(6, glm::vec4(0, 1, 0, 1));
  for (size_t i = 0; i < 3; ++i) mesh.colors_linear[i] = {1, 0, 0, 1};
  for (int round = 0; round < 2; ++round) {
    const RasterResult result = draw(mesh, camera);
    EXPECT_EQ(result.color.at(10, 10), glm::u8vec4(255, 0, 0, 255));
    EXPECT_NEAR(result.depth_m.at(10, 10), 1.0f, 1e-6f);
    std::swap(mesh.triangles[0], mesh.triangles[1]);
  }
}

}  // namespace
}  // namespace diorama
