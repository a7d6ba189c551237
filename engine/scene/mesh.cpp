#include "engine/scene/mesh.h"

#include "engine/base/error.h"
#include "engine/scene/finite.h"

#include <algorithm>

namespace diorama {
Bounds bounds_of(const Mesh& mesh) {
  Bounds bounds;
  for (const glm::vec3& position : mesh.positions) bounds.extend(position);
  return bounds;
}

std::vector<glm::vec3> vertex_normals(const Mesh& mesh) {
  std::vector<glm::vec3> normals(mesh.positions.size(), glm::vec3(0));
  for (const glm::uvec3& t : mesh.triangles) {
    const glm::vec3 a = mesh.positions[t.x], b = mesh.positions[t.y], c = mesh.positions[t.z];
    const glm::vec3 twice_area = glm::cross(b - a, c - a);
    for (const uint32_t vertex : {t.x, t.y, t.z}) normals[vertex] += twice_area;
  }
  for (glm::vec3& normal : normals) {
    const float length = glm::length(normal);
    normal = length > 0 ? normal / length : glm::vec3(0, 1, 0);
  }
  return normals;
}

void check_mesh(const Mesh& mesh) {
  const size_t count = mesh.positions.size();
  const auto check_length = [&](size_t length, const char* name) {
    if (length != 0 && length != count) {
      fail(ErrorCode::kInvalidInput, "the mesh has {} {} for {} vertices", length, name, count);
    }
  };
  check_length(mesh.normals.size(), "normals");
  check_length(mesh.colors_linear.size(), "colours");
  check_length(mesh.uvs.size(), "texture coordinates");
  check_length(mesh.second_uvs.size(), "second texture coordinates");
  check_length(mesh.tangents.size(), "tangents");
  check_finite(mesh.positions, "vertex", "mesh", "position");
  check_finite(mesh.normals, "vertex", "mesh", "normal");
  check_finite(mesh.colors_linear, "vertex", "mesh", "colour");
  check_finite(mesh.uvs, "vertex", "mesh", "texture coordinate");
  check_finite(mesh.second_uvs, "vertex", "mesh", "second texture coordinate");
  check_finite(mesh.tangents, "vertex", "mesh", "tangent");
  for (const glm::uvec3& t : mesh.triangles) {
    const uint32_t largest = std::max({t.x, t.y, t.z});
    if (largest >= count) {
      fail(ErrorCode::kInvalidInput, "the mesh has a triangle with vertex {}, there are {}", largest, count);
    }
  }
}

}  // namespace diorama
