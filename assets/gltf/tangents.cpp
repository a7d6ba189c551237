#include "assets/gltf/tangents.h"

#include "engine/base/error.h"

#include <cmath>

namespace diorama {
namespace {

// Some unit vector across a unit normal.
glm::vec3 any_across(glm::vec3 normal) {
  const glm::vec3 axis = std::abs(normal.x) < 0.6f ? glm::vec3(1, 0, 0) : glm::vec3(0, 1, 0);
  return glm::normalize(glm::cross(axis, normal));
}

}  // namespace

// Per triangle dP/du and dP/dv (Lengyel, "Mathematics for 3D Game Programming and Computer Graphics", 7.8), summed with
// the area in texture space as the weight.
std::vector<glm::vec4> vertex_tangents(const Mesh& mesh, std::span<const glm::vec2> uvs) {
  const size_t count = mesh.positions.size();
  DIO_CHECK(mesh.normals.size() == count && uvs.size() == count);
  std::vector<glm::vec3> along_u(count, glm::vec3(0)), along_v(count, glm::vec3(0));
  for (const glm::uvec3& t : mesh.triangles) {
    const glm::vec3 edge1 = mesh.positions[t.y] - mesh.positions[t.x],
                    edge2 = mesh.positions[t.z] - mesh.positions[t.x];
    const glm::vec2 uv1 = uvs[t.y] - uvs[t.x], uv2 = uvs[t.z] - uvs[t.x];
    const float sign = uv1.x * uv2.y - uv2.x * uv1.y < 0 ? -1.0f : 1.0f;
    for (const uint32_t vertex : {t.x, t.y, t.z}) {
      along_u[vertex] += sign * (uv2.y * edge1 - uv1.y * edge2);
      along_v[vertex] += sign * (uv1.x * edge2 - uv2.x * edge1);
    }
  }
  std::vector<glm::vec4> tangents(count);
  for (size_t i = 0; i < count; ++i) {
    const glm::vec3 normal = mesh.normals[i];
    const glm::vec3 across = along_u[i] - normal * glm::dot(normal, along_u[i]);
    const float length = glm::length(across);
    const glm::vec3 tangent = length > 1e-12f && std::isfinite(length) ? across / length : any_across(normal);
    const float side = glm::dot(glm::cross(normal, tangent), along_v[i]);
    tangents[i] = glm::vec4(tangent, side > 0 ? -1.0f : 1.0f);
  }
  return tangents;
}

}  // namespace diorama
