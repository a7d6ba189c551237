#include "reconstruction/provenance/upright.h"

#include "engine/base/error.h"

namespace diorama {

Rigid upright_from(glm::vec3 up) {
  DIO_CHECK(glm::length(up) > 1e-6f);
  const glm::dvec3 from = glm::normalize(glm::dvec3(up)), to(0, 1, 0);
  const double cosine = glm::dot(from, to);
  if (cosine < -1 + 1e-9) return {glm::mat3(1, 0, 0, 0, -1, 0, 0, 0, -1), glm::vec3(0.0f)};  // half a turn about x
  // Rodrigues' formula for the axis from x to, unnormalised: R = I + [v] + [v]^2 / (1 + cos).
  const glm::dvec3 v = glm::cross(from, to);
  const glm::dmat3 cross(0, v.z, -v.y, -v.z, 0, v.x, v.y, -v.x, 0);
  return {glm::mat3(glm::dmat3(1.0) + cross + cross * cross / (1 + cosine)), glm::vec3(0.0f)};
}

}  // namespace diorama
