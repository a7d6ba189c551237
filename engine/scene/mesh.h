#pragma once

#include <glm/glm.hpp>

#include <cstdint>
#include <vector>

namespace diorama {

struct Bounds {
  glm::vec3 min{1e30f}, max{-1e30f};
  bool empty() const { return !(min.x <= max.x); }
  void extend(glm::vec3 p) {
    min = glm::min(min, p);
    max = glm::max(max, p);
  }
};

// Indexed triangles, counter-clockwise seen from outside. Attribute arrays are empty or as long as `positions`.
struct Mesh {
  std::vector<glm::vec3> positions;      // metres
  std::vector<glm::vec3> normals;        // unit
  std::vector<glm::vec4> colors_linear;  // linear RGB and alpha, [0, 1]
  std::vector<glm::vec2> uvs;            // (0, 0) top left, as in glTF
  std::vector<glm::uvec3> triangles;
  std::vector<glm::vec2> second_uvs;  // a second set of texture coordinates
  std::vector<glm::vec4> tangents;    // for normal textures, as glTF's TANGENT: xyz along +u, across the normal; w is 1
                                      // or -1 so that cross(normal, xyz) * w points along -v, the texture's up
};

Bounds bounds_of(const Mesh& mesh);

// Area-weighted vertex normals; a vertex without area gets (0, 1, 0). The indices must be right (check_mesh).
std::vector<glm::vec3> vertex_normals(const Mesh& mesh);

// Error kInvalidInput: an index past the vertices, an attribute array of another length, a value that is not finite.
void check_mesh(const Mesh& mesh);

}  // namespace diorama
