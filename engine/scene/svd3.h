#pragma once

#include <glm/glm.hpp>

namespace diorama {

// A = u diag(s) v^T with u and v orthogonal; u is a rotation, so one s is negative where A mirrors. The values are in
// no order. Of a covariance, u holds the axes and s the variances along them.
struct Svd3 {
  glm::dmat3 u{1.0};
  glm::dvec3 s{0.0};
  glm::dmat3 v{1.0};
};

// One-sided Jacobi (Hestenes 1958): turns the columns until they are perpendicular.
Svd3 svd_of(glm::dmat3 a);

}  // namespace diorama
