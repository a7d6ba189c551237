#pragma once

#include <glm/glm.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace diorama {

// Triangles of the zero level of `distance` (negative inside) over a grid of cubes: one vertex in each cube that the
// surface crosses (naive surface nets, Gibson 1998), moved onto the surface. Counter-clockwise seen from outside.
void mesh_level_set(const std::function<float(glm::vec3)>& distance, glm::vec3 min, glm::vec3 max, float cell_m,
                    std::vector<glm::vec3>& positions, std::vector<glm::uvec3>& triangles);

}  // namespace diorama
