#include "reconstruction/fusion/tsdf_volume.h"

#include "engine/base/error.h"
#include "engine/scene/color.h"
#include "tests/reconstruction/ray_scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

namespace diorama::test {
namespace {

constexpr ExtractOptions kAll{.min_weight = 0, .min_component = 0};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same_bits(const Mesh& a, const Mesh& b) {
  return same_bits(a.positions, b.positions) && same_bits(a.normals, b.normals) &&
         same_bits(a.colors_linear, b.colors_linear) && same_bits(a.triangles, b.triangles);
}

// Uses of each undirected edge; the sign tells whether both directions are balanced.
std::map<std::pair<uint32_t, uint32_t>, std::pair<int, int>> edges_of(const Mesh& mesh) {
  std::map<std::pair<uint32_t, uint32_t>, std::pair<int, int>> edges;
  for (const glm::uvec3 t : mesh.triangles) {
    for (int k = 0; k < 3; ++k) {
      const uint32_t a = t[k], b = t[(k + 1) % 3];
      auto& [uses, balance] = edges[std::minmax(a, b)];
      ++uses;
      balance += a < b ? 1 : -1;
    }
  }
  return edges;
}

Mesh fused_sphere(int threads = 2) {
  ThreadPool pool(threads);
  TsdfVolume volume(FusionOptions{.voxel_m = 0.02f});
  fuse(volume, sphere({0.1f, 0.2f, 0.3f}, 0.4f), cameras_around({0.1f, 0.2f, 0.3f}, 1.5f, 40), pool,
       [](glm::vec3 p) { return p.x > 0.1f ? glm::u8vec3(200, 40, 40) : glm::u8vec3(40, 40, 200); });
  return volume.extract(kAll, pool);
}

TEST(TsdfVolume, EmptyVolumeGivesAnEmptyMesh) {
  ThreadPool pool(1);
  const Mesh mesh = TsdfVolume(FusionOptions{}).extract({}, pool);
  EXPECT_TRUE(mesh.positions.empty());
  EXPECT_TRUE(mesh.triangles.empty());
}

TEST(TsdfVolume, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(TsdfVolume(FusionOptions{.voxel_m = 0}), Error);
  EXPECT_THROW(TsdfVolume(FusionOptions{.voxel_m = std::nanf("")}), Error);
}

TEST(TsdfVolume, SphereIsWatertight) {
  const Mesh mesh = fused_sphere();
  const auto edges = edges_of(mesh);
  for (const auto& [edge, uses] : edges) {
    ASSERT_EQ(uses.first, 2) << edge.first << " " << edge.second;
    ASSERT_EQ(uses.second, 0) << "both triangles run along the edge the same way";
  }
  EXPECT_EQ(static_cast<long>(mesh.positions.size()) - static_cast<long>(edges.size()) +
                static_cast<long>(mesh.triangles.size()),
            2)
      << "Euler characteristic of a sphere";
}

// Projective distances of rays that graze are too long, and a pixel covers 1 cm; their mean stays below a fifth of a
// voxel, the worst vertex within half of one.
TEST(TsdfVolume, SphereIsWhereItIs) {
  const Mesh mesh = fused_sphere();
  double sum = 0;
  for (const glm::vec3 p : mesh.positions) {
    const float error = std::abs(glm::distance(p, glm::vec3(0.1f, 0.2f, 0.3f)) - 0.4f);
    EXPECT_LT(error, 0.010f);
    sum += error;
  }
  EXPECT_LT(sum / static_cast<double>(mesh.positions.size()), 0.004);
}

TEST(TsdfVolume, NormalsAndWindingPointOutwards) {
  const Mesh mesh = fused_sphere();
  const glm::vec3 center(0.1f, 0.2f, 0.3f);
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    ASSERT_NEAR(glm::length(mesh.normals[i]), 1, 1e-4);
    // The field is noisy by pixel steps: 35 degrees at worst.
    ASSERT_GT(glm::dot(mesh.normals[i], glm::normalize(mesh.positions[i] - center)), 0.8f);
  }
  for (const glm::uvec3 t : mesh.triangles) {
    const glm::vec3 a = mesh.positions[t.x], b = mesh.positions[t.y], c = mesh.positions[t.z];
    ASSERT_GT(glm::dot(glm::cross(b - a, c - a), a - center), 0);
  }
}

TEST(TsdfVolume, ThreadCountDoesNotChangeABit) {
  EXPECT_TRUE(same_bits(fused_sphere(1), fused_sphere(2)));
  EXPECT_TRUE(same_bits(fused_sphere(1), fused_sphere(5)));
}

TEST(TsdfVolume, ColourIsThatOfTheSurfaceInLinearLight) {
  const Mesh mesh = fused_sphere();
  const glm::vec3 red = linear_from_srgb(glm::vec3(200, 40, 40) / 255.0f);
  const glm::vec3 blue = linear_from_srgb(glm::vec3(40, 40, 200) / 255.0f);
  ASSERT_EQ(mesh.colors_linear.size(), mesh.positions.size());
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    const float side = mesh.positions[i].x - 0.1f;
    if (std::abs(side) < 0.05f) continue;  // the edge is blurred over a voxel or two
    // A step of the average is 1/65535, of the picture 1/255.
    EXPECT_LT(glm::distance(glm::vec3(mesh.colors_linear[i]), side > 0 ? red : blue), 0.004f);
  }
}

TEST(TsdfVolume, WallSeenHeadOnIsExactToATenthOfAMillimetre) {
  ThreadPool pool(2);
  TsdfVolume volume(FusionOptions{});
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  fuse(volume, wall(1.503f), {camera}, pool);
  const Mesh mesh = volume.extract(kAll, pool);
  ASSERT_GT(mesh.positions.size(), 1000u);
  // Depth is stored to 2^-17 of z (0.01 mm), distance to 2 um: 0.1 mm is generous.
  for (const glm::vec3 p : mesh.positions) EXPECT_NEAR(p.z, 1.503f, 1e-4f);
  for (const glm::vec3 n : mesh.normals) EXPECT_LT(n.z, -0.999f) << "towards the camera";
}

TEST(TsdfVolume, BlocksInNegativeSpaceJoinThoseInPositiveSpace) {
  ThreadPool pool(2);
  TsdfVolume volume(FusionOptions{});
  fuse(volume, wall(0.0f), {camera_at({0, 0, -1.5f}, {0, 0, 0})}, pool);
  const Mesh mesh = volume.extract(kAll, pool);
  const Bounds bounds = bounds_of(mesh);
  EXPECT_LT(bounds.min.x, -0.5f);
  EXPECT_GT(bounds.max.x, 0.5f);
  std::map<std::pair<uint32_t, uint32_t>, std::pair<int, int>> edges = edges_of(mesh);
  const auto open = std::count_if(edges.begin(), edges.end(), [](const auto& e) { return e.second.first == 1; });
  // A rectangle of 1.7 m by 1.3 m: its border has about 300 edges of 2 cm; a seam would add dozens.
  EXPECT_LT(open, 400);
}

TEST(TsdfVolume, CarvingRemovesAnObjectThatWasMovedAway) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  const RayScene with = nearest_of({wall(2.0f), box({-0.2f, -0.2f, 1.2f}, {0.2f, 0.2f, 1.6f})});
  const auto nearest_vertex = [&](bool carve) {
    TsdfVolume volume(FusionOptions{.carve_free_space = carve});
    fuse(volume, with, {camera, camera, camera}, pool);
    fuse(volume, wall(2.0f), std::vector<Camera>(12, camera), pool);
    return bounds_of(volume.extract(kAll, pool)).min.z;
  };
  EXPECT_LT(nearest_vertex(false), 1.3f);
  EXPECT_GT(nearest_vertex(true), 1.9f);
}

// A depth picture whose edges are smeared over four pixels, as stereo and filtered sensors deliver it: without the mask
// the two planes, 20 cm apart, are joined by a wall that is not there.
TEST(TsdfVolume, DiscontinuityMaskingLeavesNoBridgeBetweenTheSides) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  ImageF32 depth(camera.size_px);
  for (int y = 0; y < depth.height(); ++y) {
    for (int x = 0; x < depth.width(); ++x) {
      depth.at(x, y) = 1.8f + 0.2f * std::clamp(static_cast<float>(x - 78) / 5, 0.0f, 1.0f);
    }
  }
  const auto bridge = [&](float discontinuity) {
    TsdfVolume volume(FusionOptions{.discontinuity = discontinuity});
    volume.integrate({.depth_camera = camera, .depth_m = &depth}, pool);
    const Mesh mesh = volume.extract(kAll, pool);
    return std::count_if(mesh.positions.begin(), mesh.positions.end(),
                         [](glm::vec3 p) { return p.z > 1.84f && p.z < 1.96f; });
  };
  EXPECT_GT(bridge(0), 50);
  EXPECT_EQ(bridge(0.015f), 0);
}

TEST(TsdfVolume, ConfidenceZeroIsIgnoredAndConfidenceWeighs) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  const ImageF32 near = render_depth(wall(1.50f), camera), far = render_depth(wall(1.52f), camera);
  const auto surface = [&](float near_confidence, float far_confidence) {
    TsdfVolume volume(FusionOptions{});
    const ImageF32 a(camera.size_px, near_confidence), b(camera.size_px, far_confidence);
    volume.integrate({.depth_camera = camera, .depth_m = &near, .confidence = &a}, pool);
    volume.integrate({.depth_camera = camera, .depth_m = &far, .confidence = &b}, pool);
    const Bounds bounds = bounds_of(volume.extract(kAll, pool));
    return bounds.empty() ? 0 : (bounds.min.z + bounds.max.z) / 2;
  };
  EXPECT_NEAR(surface(0, 1), 1.52f, 2e-4f);
  EXPECT_NEAR(surface(1, 0), 1.50f, 2e-4f);
  EXPECT_EQ(surface(0, 0), 0);
  // Weights 1 / 1.5^2 and 0.25 / 1.52^2: 0.196 of the way. Confidence has 255 steps: 0.1 mm.
  EXPECT_NEAR(surface(1, 0.25f), 1.50f + 0.02f * 0.196f, 5e-4f);
}

TEST(TsdfVolume, DepthOutsideItsLimitsIsIgnored) {
  ThreadPool pool(1);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  for (const float bad : {0.05f, 9.0f, -1.0f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const ImageF32 depth(camera.size_px, bad);
    TsdfVolume volume(FusionOptions{});
    volume.integrate({.depth_camera = camera, .depth_m = &depth}, pool);
    EXPECT_EQ(volume.block_count(), 0u) << bad;
  }
}

TEST(TsdfVolume, MaskedAndTransparentPixelsGiveNoColour) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  const ImageF32 depth = render_depth(wall(1.5f), camera);
  ImageRgba8 color(camera.size_px, glm::u8vec4(255, 0, 0, 255));
  ImageU8 mask(camera.size_px, 255);
  Camera beside = camera;  // a colour camera of its own: the mask leaves depth alone
  beside.world_from_camera.translation.x = 0.001f;
  for (int y = 0; y < color.height(); ++y) {
    for (int x = 0; x < color.width(); ++x) {
      if (x < 50) color.at(x, y) = {0, 255, 0, 0};
      if (x > 110) color.at(x, y) = {0, 0, 255, 255};
      if (x > 110) mask.at(x, y) = 0;
    }
  }
  TsdfVolume volume(FusionOptions{});
  volume.integrate({.depth_camera = camera, .depth_m = &depth, .color_camera = beside, .color = &color, .mask = &mask},
                   pool);
  const Mesh mesh = volume.extract(kAll, pool);
  EXPECT_LT(bounds_of(mesh).min.x, -0.7f);
  for (const glm::vec4& c : mesh.colors_linear) {
    EXPECT_EQ(c.y, 0);
    EXPECT_EQ(c.z, 0);
  }
}

TEST(TsdfVolume, MaskOfARegisteredPictureTakesDepthAway) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  const ImageF32 depth = render_depth(wall(1.5f), camera);
  Camera larger = resized(camera, {320, 240});
  const ImageRgba8 color(larger.size_px, glm::u8vec4(255));
  ImageU8 mask(larger.size_px, 255);
  for (int y = 0; y < mask.height(); ++y) {
    for (int x = 0; x < mask.width() / 2; ++x) mask.at(x, y) = 0;
  }
  TsdfVolume volume(FusionOptions{});
  volume.integrate({.depth_camera = camera, .depth_m = &depth, .color_camera = larger, .color = &color, .mask = &mask},
                   pool);
  const Mesh mesh = volume.extract(kAll, pool);
  // camera_at's +x points to world -x here: the kept half is where x < 0, up to a voxel.
  EXPECT_LT(bounds_of(mesh).max.x - bounds_of(mesh).min.x, 0.9f);
  EXPECT_GT(mesh.positions.size(), 500u);
}

// Colour from a camera 10 cm beside the depth camera, of another focal length and size: painted stripes must land where
// they are, and the wall behind the box must not take the box's colour where the box hides it from the colour camera.
TEST(TsdfVolume, UnregisteredColourLandsInPlaceAndNotBehindThings) {
  ThreadPool pool(2);
  const RayScene scene = nearest_of({wall(2.0f), box({-0.25f, -0.25f, 1.0f}, {0.25f, 0.25f, 1.1f})});
  const ColorScene paint = [](glm::vec3 p) {
    if (p.z < 1.5f) return glm::u8vec3(255, 0, 0);
    return p.y > 0 ? glm::u8vec3(0, 255, 0) : glm::u8vec3(0, 0, 255);
  };
  const Camera depth_camera = camera_at({0, 0, 0}, {0, 0, 1});
  Camera color_camera = camera_at({0.1f, 0, 0}, {0.1f, 0, 1}, {240, 160}, 190);
  const ImageF32 depth = render_depth(scene, depth_camera);
  const ImageRgba8 color = render_color(scene, paint, color_camera);
  TsdfVolume volume(FusionOptions{});
  volume.integrate({.depth_camera = depth_camera, .depth_m = &depth, .color_camera = color_camera, .color = &color},
                   pool);
  const Mesh mesh = volume.extract(kAll, pool);
  size_t green = 0, blue = 0, red = 0;
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    const glm::vec3 p = mesh.positions[i];
    const glm::vec4 c = mesh.colors_linear[i];
    if (p.z > 1.9f && std::abs(p.y) > 0.12f) {
      EXPECT_LT(c.x, 0.02f) << "the box's colour on the wall at " << p.x << " " << p.y;
      if (std::abs(p.x) < 0.3f && std::abs(p.y) < 0.6f) continue;  // hidden: filled from around
      EXPECT_GT(p.y > 0 ? c.y : c.z, 0.9f) << p.x << " " << p.y;
      (p.y > 0 ? green : blue) += 1;
    }
    if (p.z < 1.01f && std::abs(p.x) < 0.2f && std::abs(p.y) < 0.2f) {
      EXPECT_GT(c.x, 0.9f);
      ++red;
    }
  }
  EXPECT_GT(green, 500u);
  EXPECT_GT(blue, 500u);
  EXPECT_GT(red, 200u);
}

TEST(TsdfVolume, SmallPiecesAreDropped) {
  ThreadPool pool(2);
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  TsdfVolume volume(FusionOptions{.discontinuity = 0});
  fuse(volume, nearest_of({wall(2.0f), sphere({0, 0, 1.0f}, 0.05f)}), {camera}, pool);
  EXPECT_LT(bounds_of(volume.extract({.min_weight = 0, .min_component = 0}, pool)).min.z, 1.0f);
  EXPECT_GT(bounds_of(volume.extract({.min_weight = 0, .min_component = 400}, pool)).min.z, 1.8f);
}

TEST(TsdfVolume, SurfacesSeenTooLittleAreHoles) {
  ThreadPool pool(2);
  TsdfVolume volume(FusionOptions{});
  const Camera camera = camera_at({0, 0, 0}, {0, 0, 1});
  fuse(volume, wall(2.0f), std::vector<Camera>(3, camera), pool);  // weight 3 / 2^2
  EXPECT_FALSE(volume.extract({.min_weight = 0.7f}, pool).triangles.empty());
  EXPECT_TRUE(volume.extract({.min_weight = 0.8f}, pool).triangles.empty());
}

}  // namespace
}  // namespace diorama::test
