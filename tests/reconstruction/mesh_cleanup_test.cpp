#include "reconstruction/fusion/mesh_cleanup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diorama {
namespace {

using ::testing::ElementsAre;

// A strip of two triangles and one triangle apart.
Mesh two_pieces() {
  Mesh mesh;
  mesh.positions = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}, {5, 0, 0}, {6, 0, 0}, {5, 1, 0}};
  mesh.normals.assign(mesh.positions.size(), glm::vec3(0, 0, 1));
  mesh.colors_linear.assign(mesh.positions.size(), glm::vec4(0.0f));
  mesh.triangles = {{4, 5, 6}, {0, 1, 2}, {2, 1, 3}};
  return mesh;
}

TEST(MeshCleanup, DropsPiecesWithFewerTriangles) {
  Mesh mesh = two_pieces();
  remove_small_components(mesh, 2);
  EXPECT_THAT(mesh.triangles, ElementsAre(glm::uvec3(0, 1, 2), glm::uvec3(2, 1, 3)));
}

TEST(MeshCleanup, KeepsPiecesOfTheLimitItself) {
  Mesh mesh = two_pieces();
  remove_small_components(mesh, 1);
  EXPECT_EQ(mesh.triangles.size(), 3u);
}

TEST(MeshCleanup, DropsUnusedVerticesAndRenumbers) {
  Mesh mesh = two_pieces();
  mesh.triangles = {{4, 5, 6}};
  remove_unused_vertices(mesh);
  EXPECT_THAT(mesh.positions, ElementsAre(glm::vec3(5, 0, 0), glm::vec3(6, 0, 0), glm::vec3(5, 1, 0)));
  EXPECT_EQ(mesh.normals.size(), 3u);
  EXPECT_EQ(mesh.colors_linear.size(), 3u);
  EXPECT_THAT(mesh.triangles, ElementsAre(glm::uvec3(0, 1, 2)));
}

TEST(MeshCleanup, DropsTrianglesWithoutArea) {
  Mesh mesh = two_pieces();
  mesh.positions[6] = {5.5f, 0, 0};
  mesh.triangles.push_back({0, 0, 1});
  remove_degenerate_triangles(mesh, 1e-12f);
  EXPECT_THAT(mesh.triangles, ElementsAre(glm::uvec3(0, 1, 2), glm::uvec3(2, 1, 3)));
}

TEST(MeshCleanup, ColourSpreadsOverItsPieceAndGreyOverTheRest) {
  Mesh mesh = two_pieces();
  mesh.colors_linear[0] = {1, 0, 0, 1};
  fill_missing_colors(mesh);
  EXPECT_EQ(mesh.colors_linear[3], glm::vec4(1, 0, 0, 1));
  EXPECT_EQ(mesh.colors_linear[5].x, mesh.colors_linear[5].y);
  for (const glm::vec4& color : mesh.colors_linear) EXPECT_EQ(color.w, 1);
}

}  // namespace
}  // namespace diorama
