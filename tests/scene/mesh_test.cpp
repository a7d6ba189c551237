#include "engine/scene/mesh.h"

#include "tests/expect_error.h"

#include <limits>

namespace diorama {
namespace {

// Two triangles of a square in the plane z = 0, counter-clockwise seen from +z.
Mesh square() {
  Mesh mesh;
  mesh.positions = {{0, 0, 0}, {2, 0, 0}, {2, 2, 0}, {0, 2, 0}};
  mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  return mesh;
}

TEST(Mesh, NormalsPointToWhereTrianglesTurnCounterClockwise) {
  for (const glm::vec3& normal : vertex_normals(square())) EXPECT_EQ(normal, glm::vec3(0, 0, 1));
}

TEST(Mesh, NormalsAreWeightedByArea) {
  Mesh mesh;
  // A triangle of area 2 facing +z and one of area 1 facing +x share vertex 0.
  mesh.positions = {{0, 0, 0}, {2, 0, 0}, {0, 2, 0}, {0, 2, 0}, {0, 0, 1}};
  mesh.triangles = {{0, 1, 2}, {0, 3, 4}};
  const glm::vec3 expected = glm::normalize(glm::vec3(1, 0, 2));
  EXPECT_LT(glm::length(vertex_normals(mesh)[0] - expected), 1e-6f);  // float rounding
}

TEST(Mesh, VertexWithoutAreaPointsUp) {
  Mesh mesh = square();
  mesh.positions.push_back({9, 9, 9});
  EXPECT_EQ(vertex_normals(mesh).back(), glm::vec3(0, 1, 0));
}

TEST(Mesh, BoundsHoldAllVertices) {
  const Bounds bounds = bounds_of(square());
  EXPECT_EQ(bounds.min, glm::vec3(0));
  EXPECT_EQ(bounds.max, glm::vec3(2, 2, 0));
  EXPECT_FALSE(bounds.empty());
  EXPECT_TRUE(bounds_of(Mesh{}).empty());
}

TEST(Mesh, CheckNamesWhatIsWrong) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(check_mesh(square()));
  EXPECT_NO_THROW(check_mesh(Mesh{}));
  const auto check = [](auto change) {
    Mesh mesh = square();
    change(mesh);
    check_mesh(mesh);
  };
  const ErrorCode code = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(check([](Mesh& m) { m.triangles[1].y = 4; }), code, "triangle with vertex 4, there are 4");
  DIO_EXPECT_ERROR(check([](Mesh& m) { m.normals.resize(3); }), code, "3 normals for 4 vertices");
  DIO_EXPECT_ERROR(check([](Mesh& m) { m.uvs.resize(5); }), code, "5 texture coordinates for 4");
  DIO_EXPECT_ERROR(check([](Mesh& m) { m.colors_linear.resize(1); }), code, "1 colours for 4");
  DIO_EXPECT_ERROR(check([&](Mesh& m) { m.positions[2].y = nan; }), code, "vertex 2 of the mesh has a position");
  DIO_EXPECT_ERROR(check([](Mesh& m) { m.positions[3].z = -INFINITY; }), code, "vertex 3");
  DIO_EXPECT_ERROR(check([&](Mesh& m) { m.uvs.resize(4, {0, nan}); }), code, "has a texture coordinate");
  // Large but finite numbers are no fault.
  EXPECT_NO_THROW(check([](Mesh& m) { m.positions[0] = glm::vec3(3e38f); }));
}

}  // namespace
}  // namespace diorama
