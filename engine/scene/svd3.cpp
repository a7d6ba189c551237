#include "engine/scene/svd3.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace diorama {
namespace {

// Turns columns p and q of `a` (and of `v`) so that they are perpendicular; false if they are already.
bool make_perpendicular(glm::dmat3& a, glm::dmat3& v, int p, int q) {
  const double pp = glm::dot(a[p], a[p]), qq = glm::dot(a[q], a[q]), pq = glm::dot(a[p], a[q]);
  if (!(std::abs(pq) > 1e-15 * std::sqrt(pp * qq))) return false;
  const double zeta = (qq - pp) / (2 * pq);
  const double t = std::copysign(1.0, zeta) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
  const double c = 1 / std::sqrt(1 + t * t), s = c * t;
  for (glm::dmat3* m : {&a, &v}) {
    const glm::dvec3 column = (*m)[p];
    (*m)[p] = c * column - s * (*m)[q];
    (*m)[q] = s * column + c * (*m)[q];
  }
  return true;
}

glm::dvec3 any_perpendicular(const glm::dvec3& a) {
  const glm::dvec3 axis = std::abs(a.x) < 0.6 ? glm::dvec3(1, 0, 0) : glm::dvec3(0, 1, 0);
  return glm::normalize(glm::cross(a, axis));
}

}  // namespace

Svd3 svd_of(glm::dmat3 a) {
  Svd3 result;
  constexpr int kMaxSweeps = 30;  // converges in about 5
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    bool turned = false;
    for (const auto& [p, q] : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 2)}) {
      turned |= make_perpendicular(a, result.v, p, q);
    }
    if (!turned) break;
  }
  const glm::dvec3 lengths(glm::length(a[0]), glm::length(a[1]), glm::length(a[2]));
  std::array<int, 3> order = {0, 1, 2};  // longest first: a direction that is there before one that is made up
  std::sort(order.begin(), order.end(), [&](int i, int j) { return lengths[i] > lengths[j]; });
  const auto [first, second, third] = order;
  const double negligible = 1e-12 * lengths[first];
  result.s = lengths;
  result.u[first] = lengths[first] > 0 ? a[first] / lengths[first] : glm::dvec3(1, 0, 0);
  result.u[second] = lengths[second] > negligible ? a[second] / lengths[second] : any_perpendicular(result.u[first]);
  // The order of the columns decides which way round the third one closes a rotation.
  const double sign = (second - first + 3) % 3 == 1 ? 1.0 : -1.0;
  result.u[third] = sign * glm::cross(result.u[first], result.u[second]);
  if (glm::dot(a[third], result.u[third]) < 0) result.s[third] = -result.s[third];
  return result;
}

}  // namespace diorama
