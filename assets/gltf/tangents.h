#pragma once

#include "engine/scene/mesh.h"

#include <glm/glm.hpp>

#include <vector>

namespace diorama {

// glTF's TANGENT for normal textures: xyz along +u, unit and across the normal; w = 1 or -1 so that
// cross(normal, xyz) * w points along -v, the texture's up. The mesh must have normals and texture coordinates.
std::vector<glm::vec4> vertex_tangents(const Mesh& mesh);

}  // namespace diorama
