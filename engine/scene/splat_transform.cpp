#include "engine/scene/splat_transform.h"

#include "engine/scene/spherical_harmonics.h"
#include "engine/scene/svd3.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

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
    const Svd3 svd = svd_of(axes);
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
  const Svd3 svd = svd_of(m);
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
