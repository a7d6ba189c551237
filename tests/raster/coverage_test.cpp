#include "engine/raster/tile_samples.h"
#include "engine/scene/color.h"
#include "tests/raster/raster_scenes.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <limits>
#include <numbers>

namespace diorama {
namespace {

// Draws each hit as half transparent white over black and reads back how often a pixel was hit.
class HitCounter {
 public:
  explicit HitCounter(int samples) { options_.samples = samples; }

  Image<int> count(const Mesh& mesh, const Camera& camera) const {
    RasterMaterial material;
    material.blend = true;
    material.base_color_linear = glm::vec4(1, 1, 1, 0.5f);
    const RasterResult result = draw(mesh, camera, material, options_);
    Image<int> hits(camera.size_px, -1);
    for (int n = 0; n < 6; ++n) {
      const uint8_t code = unorm8(srgb_from_linear(1.0f - std::pow(0.5f, static_cast<float>(n))));
      for (size_t i = 0; i < hits.pixels().size(); ++i) {
        if (result.color.pixels()[i].r == code) hits.pixels()[i] = n;
      }
    }
    return hits;
  }

 private:
  RasterOptions options_;
};

// Corners around a middle: the first and last triangle meet too.
Mesh fan(const Camera& camera, glm::vec2 middle, const std::vector<glm::vec2>& rim) {
  std::vector<glm::vec2> px = rim;
  px.push_back(middle);
  std::vector<glm::uvec3> triangles;
  const auto count = static_cast<uint32_t>(rim.size());
  for (uint32_t i = 0; i < count; ++i) {
    // Every second one runs the other way round: the rule must not depend on the winding.
    triangles.push_back(i % 2 == 0 ? glm::uvec3(count, i, (i + 1) % count) : glm::uvec3(count, (i + 1) % count, i));
  }
  return mesh_on_screen(camera, px, {2.0f}, triangles);
}

TEST(Coverage, ARightTriangleCoversExactlyThePixelsInsideIt) {
  const Camera camera = test_camera(64, 64, 50);
  const Mesh mesh = mesh_on_screen(camera, {{8, 8}, {40, 8}, {8, 40}}, {2.0f}, {{0, 1, 2}});
  RasterOptions options;
  options.samples = 1;
  const RasterResult result = draw(mesh, camera, {}, options);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      if (x + y + 1 == 48) continue;  // the centre is on the long edge
      const bool inside = x >= 8 && y >= 8 && x + y + 1 < 48;
      EXPECT_EQ(result.coverage.at(x, y), inside ? 1.0f : 0.0f) << x << " " << y;
      EXPECT_EQ(result.color.at(x, y), inside ? glm::u8vec4(255) : glm::u8vec4(0, 0, 0, 255));
      EXPECT_NEAR(result.depth_m.at(x, y), inside ? 2.0f : 0.0f, 1e-6f);
    }
  }
}

TEST(Coverage, FourSamplesResolveAnEdgeInQuarters) {
  const Camera camera = test_camera(8, 8, 10);
  // The edge at x = 4.5 has two of a pixel's sample columns (1/8, 3/8 | 5/8, 7/8) on each side.
  const Mesh mesh =
      mesh_on_screen(camera, {{-20, -20}, {4.5f, -20}, {4.5f, 40}, {-20, 40}}, {1.0f}, {{0, 1, 2}, {0, 2, 3}});
  const RasterResult result = draw(mesh, camera);
  EXPECT_EQ(result.coverage.at(3, 4), 1.0f);
  EXPECT_EQ(result.coverage.at(4, 4), 0.5f);
  EXPECT_EQ(result.coverage.at(5, 4), 0.0f);
  // Half the light, then sRGB.
  EXPECT_EQ(result.color.at(4, 4).r, unorm8(srgb_from_linear(0.5f)));
}

TEST(Coverage, FansCoverEachSampleExactlyOnce) {
  const Camera camera = test_camera(96, 80, 60);
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    const glm::vec2 middle(random.uniform(30, 66), random.uniform(30, 50));
    std::vector<glm::vec2> rim;
    const int count = 5 + static_cast<int>(random.below(40));
    for (int i = 0; i < count; ++i) {
      const float angle =
          (static_cast<float>(i) + random.uniform(0, 0.8f)) * 2 * std::numbers::pi_v<float> / static_cast<float>(count);
      rim.push_back(middle + random.uniform(10, 60) * glm::vec2(std::cos(angle), std::sin(angle)));
    }
    for (const int samples : {1, 4}) {
      const Image<int> hits = HitCounter(samples).count(fan(camera, middle, rim), camera);
      const RasterResult opaque = draw(fan(camera, middle, rim), camera);
      for (int y = 0; y < 80; ++y) {
        for (int x = 0; x < 96; ++x) {
          if (samples == 4 && opaque.coverage.at(x, y) > 0 && opaque.coverage.at(x, y) < 1) continue;
          ASSERT_GE(hits.at(x, y), 0);
          ASSERT_LE(hits.at(x, y), 1) << "hit twice: " << x << " " << y << " round " << round;
          // Neighbours are less than 130 degrees apart, 10 px away or more: the rim comes no nearer than 4 px, and a
          // pixel without a hit this near to the middle is a crack.
          if (glm::distance(glm::vec2(x, y) + 0.5f, middle) < 3) {
            ASSERT_EQ(hits.at(x, y), 1) << x << " " << y;
          }
        }
      }
    }
  }
}

TEST(Coverage, VerticesOnSamplePositionsAreNotHitTwice) {
  const Camera camera = test_camera(64, 64, 64);
  // A grid of quads with corners on pixel centres and all diagonals: every edge runs through samples.
  std::vector<glm::vec2> px;
  std::vector<glm::uvec3> triangles;
  for (uint32_t y = 0; y < 8; ++y) {
    for (uint32_t x = 0; x < 8; ++x) {
      px.emplace_back(4.5f + 8.0f * static_cast<float>(x), 4.5f + 8.0f * static_cast<float>(y));
      if (x == 7 || y == 7) continue;
      const uint32_t a = y * 8 + x;
      triangles.emplace_back(a, a + 1, a + 9);
      triangles.emplace_back(a, a + 9, a + 8);
    }
  }
  const Image<int> hits = HitCounter(1).count(mesh_on_screen(camera, px, {1.0f}, triangles), camera);
  for (int y = 5; y < 60; ++y) {
    for (int x = 5; x < 60; ++x) EXPECT_EQ(hits.at(x, y), 1) << x << " " << y;
  }
}

TEST(Coverage, ClippedTrianglesStayWatertight) {
  // A ground plane in random strips that pass under and behind the camera, seen from just above it.
  const Camera camera = test_camera(80, 60, 40);
  Random random(11);
  for (int round = 0; round < 20; ++round) {
    Mesh mesh;
    const int rows = 6, columns = 6;
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const auto jitter = [&] { return random.uniform(-0.4f, 0.4f); };
        const float x = (static_cast<float>(c) - 2.5f + jitter()) * 400.0f;
        mesh.positions.emplace_back(x, 0.5f, (static_cast<float>(r) - 1.5f + jitter()) * 300.0f);
        if (r + 1 == rows || c + 1 == columns) continue;
        const auto a = static_cast<uint32_t>(r * columns + c);
        mesh.triangles.emplace_back(a, a + 1, a + columns);
        mesh.triangles.emplace_back(a + 1, a + columns + 1, a + columns);
      }
    }
    const Image<int> hits = HitCounter(1).count(mesh, camera);
    for (int y = 32; y < 60; ++y) {  // below the horizon, nearer than the last row
      for (int x = 0; x < 80; ++x) ASSERT_EQ(hits.at(x, y), 1) << x << " " << y << " round " << round;
    }
  }
}

TEST(Coverage, SingleSidedMeshesShowTheirCounterClockwiseSide) {
  const Camera camera = test_camera(16, 16, 16);
  RasterMaterial material;
  material.double_sided = false;
  // y points down in the picture: right, up, left is counter-clockwise to the eye.
  const Mesh front = mesh_on_screen(camera, {{14, 14}, {8, 2}, {2, 14}}, {1.0f}, {{0, 1, 2}});
  EXPECT_EQ(draw(front, camera, material).coverage.at(8, 10), 1.0f);
  const Mesh back = mesh_on_screen(camera, {{14, 14}, {8, 2}, {2, 14}}, {1.0f}, {{0, 2, 1}});
  EXPECT_EQ(draw(back, camera, material).coverage.at(8, 10), 0.0f);
  EXPECT_EQ(draw(back, camera).coverage.at(8, 10), 1.0f);
  // An outward normal points at the camera: (b - a) x (c - a) against the view.
  const glm::vec3 normal = glm::cross(front.positions[1] - front.positions[0], front.positions[2] - front.positions[0]);
  EXPECT_LT(normal.z, 0.0f);
}

TEST(Coverage, NothingBehindTheCameraOrBeforeTheNearPlaneIsDrawn) {
  const Camera camera = test_camera(16, 16, 8);
  for (const float z : {-2.0f, 0.0f, 0.05f}) {
    Mesh mesh;
    mesh.positions = {{-5, -5, z}, {5, -5, z}, {0, 5, z}};
    mesh.triangles = {{0, 1, 2}};
    RasterOptions options;
    options.near_m = 0.1f;
    const RasterResult result = draw(mesh, camera, {}, options);
    for (const float depth : result.depth_m.pixels()) EXPECT_EQ(depth, 0.0f);
    for (const float coverage : result.coverage.pixels()) EXPECT_EQ(coverage, 0.0f);
  }
}

TEST(Coverage, OnePixelAndEmptyScenesWork) {
  const Camera camera = test_camera(1, 1, 1);
  const Mesh mesh = mesh_on_screen(camera, {{-3, -3}, {9, -3}, {-3, 9}}, {4.0f}, {{0, 1, 2}});
  const RasterResult result = draw(mesh, camera);
  EXPECT_EQ(result.coverage.at(0, 0), 1.0f);
  EXPECT_NEAR(result.depth_m.at(0, 0), 4.0f, 1e-6f);
  RasterOptions options;
  options.background = {1.0f, 0.5f, 0.0f};
  const RasterResult empty = draw(Mesh{}, camera, {}, options);
  EXPECT_EQ(empty.color.at(0, 0), glm::u8vec4(255, 128, 0, 255));
  EXPECT_EQ(empty.coverage.at(0, 0), 0.0f);
}

TEST(Coverage, HugeAndDegenerateTrianglesAreSafe) {
  const Camera camera = test_camera(70, 50, 40);
  Random random(3);
  Mesh mesh;
  for (int i = 0; i < 400; ++i) {
    const auto value = [&] {
      const float exponent = random.uniform(-38.0f, 38.0f);
      const float magnitude = std::pow(10.0f, exponent);
      return random.below(8) == 0 ? 0.0f : (random.below(2) == 0 ? -magnitude : magnitude);
    };
    const float x = value(), y = value();
    mesh.positions.emplace_back(x, y, value());
  }
  constexpr float kMax = 1e38f;  // the sum of three is still finite, as check_mesh asks
  mesh.positions.insert(mesh.positions.end(), {{kMax, kMax, kMax}, {-kMax, kMax, kMax}, {kMax, -kMax, -kMax}});
  const auto count = static_cast<uint32_t>(mesh.positions.size());
  for (int i = 0; i < 3000; ++i) {
    const uint32_t a = random.below(count), b = random.below(count);
    mesh.triangles.emplace_back(a, b, random.below(count));
  }
  mesh.triangles.emplace_back(count - 3, count - 2, count - 1);
  mesh.colors_linear.assign(count, glm::vec4(0.5f));
  const RasterResult result = draw(mesh, camera);
  for (const float depth : result.depth_m.pixels()) EXPECT_TRUE(depth >= 0 && std::isfinite(depth));
  for (const float coverage : result.coverage.pixels()) EXPECT_TRUE(coverage >= 0 && coverage <= 1);
}

TEST(Coverage, MeshesThatAreNotFiniteAreRefused) {
  Mesh mesh;
  mesh.positions = {{0, 0, 1}, {1, 0, 1}, {0, std::numeric_limits<float>::quiet_NaN(), 1}};
  mesh.triangles = {{0, 1, 2}};
  EXPECT_THROW(draw(mesh, test_camera(4, 4, 4)), Error);
  mesh.positions[2].y = 1;
  mesh.triangles[0].z = 3;
  EXPECT_THROW(draw(mesh, test_camera(4, 4, 4)), Error);
}

Mesh busy_scene() {
  Random random(5);
  Mesh mesh = random_triangles(random, 3000, {-2, -2, 0.5f}, {2, 2, 5}, 0.3f);
  const Mesh around = random_triangles(random, 40, {-1, -1, -1}, {1, 1, 1}, 2.0f);
  const auto first = static_cast<uint32_t>(mesh.positions.size());
  mesh.positions.insert(mesh.positions.end(), around.positions.begin(), around.positions.end());
  mesh.colors_linear.insert(mesh.colors_linear.end(), around.colors_linear.begin(), around.colors_linear.end());
  for (const glm::uvec3 t : around.triangles) mesh.triangles.push_back(t + first);
  return mesh;
}

TEST(Coverage, ThreadCountDoesNotChangeABit) {
  const Mesh mesh = busy_scene();
  const Camera camera = test_camera(333, 211, 200);
  for (const bool blend : {false, true}) {
    RasterMaterial material;
    material.blend = blend;
    material.base_color_linear.a = 0.4f;
    const RasterResult one = draw(mesh, camera, material, {}, 1);
    EXPECT_TRUE(same_bits(one, draw(mesh, camera, material, {}, 2)));
    EXPECT_TRUE(same_bits(one, draw(mesh, camera, material, {}, 7)));
  }
}

TEST(Coverage, InstructionSetDoesNotChangeABit) {
  const Mesh mesh = busy_scene();
  const Camera camera = test_camera(333, 211, 200);
  const RasterResult best = draw(mesh, camera);
  int tried = 0;
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    EXPECT_TRUE(same_bits(best, draw(mesh, camera))) << hwy::TargetName(targets & -targets);
    ++tried;
  }
  hwy::SetSupportedTargetsForTest(0);
  EXPECT_GE(tried, 1);
}

TEST(Coverage, TheSimdPathAndTheSampleVisitorAgree) {
  Random random(17);
  const Camera camera = test_camera(32, 32, 30);
  const Viewport viewport = make_viewport(camera, {});
  for (int round = 0; round < 500; ++round) {
    const Mesh mesh = random_triangles(random, 1, {-1, -1, 1}, {1, 1, 4}, round % 2 == 0 ? 0.2f : 3.0f);
    ThreadPool pool(1);
    const std::vector<ScreenVertex> vertices = project_vertices(mesh, viewport, pool);
    const RasterMesh item{&mesh, {}};
    const uint32_t order[] = {0};
    const TriangleChunk chunk = make_chunk(item, 0, vertices, order, viewport);
    for (const int samples : {1, 4}) {
      SamplePlane simd(samples), visited(samples);
      simd.clear();
      visited.clear();
      for (uint32_t i = 0; i < chunk.triangles.size(); ++i) {
        TileTriangle triangle;
        if (!make_tile_triangle(chunk.triangles[i], viewport, {0, 0}, triangle)) continue;
        draw_opaque(triangle, i, simd);
        visit_samples(triangle, visited, [&](size_t sample, int, int, float inverse_z) {
          visited.inverse_z[sample] = inverse_z;
          visited.id[sample] = i;
        });
      }
      EXPECT_EQ(simd.id, visited.id);
      EXPECT_EQ(simd.inverse_z, visited.inverse_z);
    }
  }
}

}  // namespace
}  // namespace diorama
