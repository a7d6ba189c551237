#include "reconstruction/mesh/simplify.h"

#include "reconstruction/fusion/tsdf_volume.h"
#include "tests/reconstruction/ray_scenes.h"

#include <gtest/gtest.h>

namespace diorama::test {
namespace {

// A flat sheet of n x n quads of 1 cm; colour by position.
Mesh sheet(int n, const std::function<glm::vec3(glm::vec3)>& color) {
  Mesh mesh;
  for (int y = 0; y <= n; ++y) {
    for (int x = 0; x <= n; ++x) {
      mesh.positions.emplace_back(0.01f * static_cast<float>(x), 0.01f * static_cast<float>(y), 0);
      mesh.normals.emplace_back(0, 0, 1);
      mesh.colors_linear.emplace_back(color(mesh.positions.back()), 1.0f);
    }
  }
  const auto at = [&](int x, int y) { return static_cast<uint32_t>(y * (n + 1) + x); };
  for (int y = 0; y < n; ++y) {
    for (int x = 0; x < n; ++x) {
      mesh.triangles.emplace_back(at(x, y), at(x + 1, y), at(x + 1, y + 1));
      mesh.triangles.emplace_back(at(x, y), at(x + 1, y + 1), at(x, y + 1));
    }
  }
  return mesh;
}

double area_of(const Mesh& mesh) {
  double area = 0;
  for (const glm::uvec3 t : mesh.triangles) {
    const glm::vec3 a = mesh.positions[t.x];
    area += glm::length(glm::cross(mesh.positions[t.y] - a, mesh.positions[t.z] - a)) / 2;
  }
  return area;
}

TEST(Simplify, FlatSheetOfOneColourNeedsFewTriangles) {
  Mesh mesh = sheet(40, [](glm::vec3) { return glm::vec3(0.5f); });
  simplify(mesh, {.max_error_m = 0.001f, .max_color_step = 0.02f});
  EXPECT_LT(mesh.triangles.size(), 400u);
  EXPECT_NEAR(area_of(mesh), 0.16, 0.16 * 0.01);
  check_mesh(mesh);
}

TEST(Simplify, ColourEdgesKeepTheirVertices) {
  const auto step = [](glm::vec3 p) { return glm::vec3(p.x < 0.2f ? 0.1f : 0.8f); };
  Mesh mesh = sheet(40, step);
  simplify(mesh, {.max_error_m = 0.001f, .max_color_step = 0.02f});
  EXPECT_LT(mesh.triangles.size(), 1200u);
  size_t at_edge = 0;
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    EXPECT_EQ(mesh.colors_linear[i].x, step(mesh.positions[i]).x) << "attributes follow their vertex";
    if (mesh.positions[i].x > 0.185f && mesh.positions[i].x < 0.205f) ++at_edge;
  }
  EXPECT_EQ(at_edge, 2 * 41u);
  EXPECT_NEAR(area_of(mesh), 0.16, 0.16 * 0.01);
}

TEST(Simplify, BudgetIsKeptEvenWhereTopologyResists) {
  Mesh mesh;  // 300 separate tetrahedra: no edge collapse can go below 4 triangles each
  for (int i = 0; i < 300; ++i) {
    const glm::vec3 p(0.1f * static_cast<float>(i % 20), 0.1f * static_cast<float>(i / 20), 0);
    const auto base = static_cast<uint32_t>(mesh.positions.size());
    for (const glm::vec3 corner :
         {glm::vec3(0), glm::vec3(0.05f, 0, 0), glm::vec3(0, 0.05f, 0), glm::vec3(0, 0, 0.05f)}) {
      mesh.positions.push_back(p + corner);
    }
    for (const glm::uvec3 t : {glm::uvec3(0, 2, 1), glm::uvec3(0, 1, 3), glm::uvec3(0, 3, 2), glm::uvec3(1, 2, 3)}) {
      mesh.triangles.push_back(t + base);
    }
  }
  for (const size_t budget : {1000u, 100u, 3u}) {
    Mesh copy = mesh;
    simplify(copy, {.max_triangles = budget});
    EXPECT_LE(copy.triangles.size(), budget);
  }
}

TEST(Simplify, SphereStaysWithinTheError) {
  ThreadPool pool(2);
  TsdfVolume volume(FusionOptions{});
  fuse(volume, sphere({0, 0, 0}, 0.5f), cameras_around({0, 0, 0}, 1.6f, 30), pool);
  Mesh mesh = volume.extract({.min_weight = 0}, pool);
  const size_t before = mesh.triangles.size();
  const auto worst = [&] {
    float error = 0;
    for (const glm::uvec3 t : mesh.triangles) {
      const glm::vec3 middle = (mesh.positions[t.x] + mesh.positions[t.y] + mesh.positions[t.z]) / 3.0f;
      error = std::max(error, std::abs(glm::length(middle) - 0.5f));
    }
    return error;
  };
  const float fused_error = worst();
  simplify(mesh, {.max_error_m = 0.004f});
  EXPECT_LT(mesh.triangles.size(), before / 2);
  // The quadric's error is a mean over the merged planes, not a maximum: three times it bounds what is seen here.
  EXPECT_LT(worst(), fused_error + 0.012f);
}

TEST(Simplify, NothingAskedNothingMoved) {
  Mesh mesh = sheet(5, [](glm::vec3 p) { return p; });
  simplify(mesh, {});
  EXPECT_EQ(mesh.triangles.size(), 50u);
  EXPECT_EQ(mesh.positions.size(), 36u);
}

TEST(Simplify, EmptyMeshStaysEmpty) {
  Mesh mesh;
  simplify(mesh, {.max_error_m = 0.01f, .max_triangles = 5});
  EXPECT_TRUE(mesh.triangles.empty());
}

}  // namespace
}  // namespace diorama::test
