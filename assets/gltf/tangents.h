#pragma once

#include "engine/scene/mesh.h"

#include <glm/glm.hpp>

#include <span>
#include <vector>

namespace diorama {

// Mesh::tangents for a normal texture with these coordinates, one a vertex. The mesh must have normals.
std::vector<glm::vec4> vertex_tangents(const Mesh& mesh, std::span<const glm::vec2> uvs);

}  // namespace diorama
