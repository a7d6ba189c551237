#include "engine/scene/splat_transform.h"

#include "engine/scene/spherical_harmonics.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

// A = u diag(s) v^T with u and v orthogonal; u is a rotation, so one s is negative where A mirrors.
struct Svd {
  glm::dmat3 u{1.0};
  glm::dvec3 s{0.0};
  glm::dmat3 v{1.0};
};

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

// One-sided Jacobi (Hestenes 1958): turns the columns until they are perpendicular.
Svd svd_of(glm::dmat3 a) {
  Svd result;
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

// A rotation times one positive factor for all axes.
bool is_similarity(const glm::dmat3& m, double scale) {
  if (!(scale > 0) || !(glm::determinant(m) > 0)) return false;
  const glm::dmat3 gram = glm::transpose(m) * m / (scale * scale);
  double largest = 0;
  for (int i = 0; i < 9; ++i) largest = std::max(largest, std::abs(gram[i / 3][i % 3] - (i % 4 == 0 ? 1.0 : 0.0)));
  return largest <= 1e-6;  // float matrices are this far from exact
}

glm::vec4 to_xyzw(const glm::dquat& q) {
  const glm::dquat unit = glm::normalize(q);
  return glm::vec4(glm::dvec4(unit.x, unit.y, unit.z, unit.w));
}

glm::dquat from_xyzw(const glm::vec4& q) {
  return {q.w, q.x, q.y, q.z};
}

void turn_shapes(SplatCloud& cloud, const glm::dquat& rotation, double scale) {
  for (glm::vec4& q : cloud.rotations_xyzw) q = to_xyzw(rotation * from_xyzw(q));
  if (scale == 1) return;
  for (glm::vec3& s : cloud.scales) s = glm::vec3(glm::dvec3(s) * scale);
}

// The axes of the ellipsoid that M makes of each splat's.
void deform_shapes(SplatCloud& cloud, const glm::dmat3& m) {
  for (size_t i = 0; i < cloud.size(); ++i) {
    glm::dmat3 axes = m * glm::mat3_cast(from_xyzw(cloud.rotations_xyzw[i]));
    for (int axis = 0; axis < 3; ++axis) axes[axis] *= static_cast<double>(cloud.scales[i][axis]);
    const Svd svd = svd_of(axes);
    cloud.rotations_xyzw[i] = to_xyzw(glm::quat_cast(svd.u));
    cloud.scales[i] = glm::vec3(glm::abs(svd.s));
  }
}

void turn_sh(SplatCloud& cloud, const glm::dmat3& rotation) {
  if (cloud.sh_degree == 0) return;
  const ShRotation turn(rotation);
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  for (size_t i = 0; i < cloud.size(); ++i) turn.apply(std::span(cloud.sh).subspan(i * width, width));
}

// The orthogonal matrix that is nearest to m; mirrors where m does.
glm::dmat3 nearest_orthogonal(const glm::dmat3& m) {
  const Svd svd = svd_of(m);
  glm::dmat3 u = svd.u;
  for (int axis = 0; axis < 3; ++axis) u[axis] *= svd.s[axis] < 0 ? -1.0 : 1.0;
  return u * glm::transpose(svd.v);
}

}  // namespace

void transform(SplatCloud& cloud, const glm::dmat4& b_from_a) {
  if (b_from_a == glm::dmat4(1.0)) return;
  for (glm::vec3& p : cloud.positions) p = glm::vec3(b_from_a * glm::dvec4(glm::dvec3(p), 1.0));
  const glm::dmat3 m(b_from_a);
  if (m == glm::dmat3(1.0)) return;
  const double scale = std::cbrt(std::abs(glm::determinant(m)));
  const glm::dmat3 rotation = nearest_orthogonal(m);
  if (is_similarity(m, scale)) {
    // Rigid motions in float have a determinant off 1 by rounding alone.
    turn_shapes(cloud, glm::quat_cast(rotation), std::abs(scale - 1) <= 1e-6 ? 1.0 : scale);
  } else {
    deform_shapes(cloud, m);
  }
  turn_sh(cloud, rotation);
}

void transform(SplatCloud& cloud, const Rigid& b_from_a) {
  transform(cloud, glm::dmat4(to_mat4(b_from_a)));
}

}  // namespace diorama
