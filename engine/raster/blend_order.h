#pragma once

#include <glm/glm.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace diorama {

// The order in which see-through meshes are drawn over one another: by the middles of their boxes; equal ones as
// listed.
std::vector<size_t> far_to_near(std::span<const glm::vec3> middles, glm::vec3 forward_in_world);

}  // namespace diorama
