#pragma once

#include <glm/glm.hpp>

namespace diorama {

// A rotation as its axis times its angle, radians; below half a turn.
glm::dvec3 turn_vector(const glm::mat3& rotation);
glm::mat3 turn_from_vector(glm::dvec3 turn);

}  // namespace diorama
