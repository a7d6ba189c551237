#include "engine/scene/turn.h"

#include <glm/gtc/quaternion.hpp>

#include <cmath>

namespace diorama {

glm::dvec3 turn_vector(const glm::mat3& rotation) {
  glm::dquat q = glm::normalize(glm::quat_cast(glm::dmat3(rotation)));
  if (q.w < 0) q = -q;
  const glm::dvec3 axis(q.x, q.y, q.z);
  const double sine = glm::length(axis);
  // atan2 keeps small angles exact; below 1e-12 the vector part is half the turn.
  return sine > 1e-12 ? axis * (2 * std::atan2(sine, q.w) / sine) : 2.0 * axis;
}

glm::mat3 turn_from_vector(glm::dvec3 turn) {
  const double angle = glm::length(turn);
  return angle > 0 ? glm::mat3(glm::mat3_cast(glm::angleAxis(angle, turn / angle))) : glm::mat3(1.0f);
}

}  // namespace diorama
