#include "engine/scene/rigid.h"

#include "engine/base/error.h"

#include <glm/gtc/matrix_transform.hpp>
#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Polar decomposition by Newton's iteration X <- (X + X^-T) / 2 (Higham 1986); converges quadratically near a rotation.
glm::dmat3 nearest_rotation(glm::dmat3 matrix) {
  for (int i = 0; i < 8; ++i) matrix = 0.5 * (matrix + glm::transpose(glm::inverse(matrix)));
  return matrix;
}

Rigid checked_translation(const glm::dmat3& rotation, glm::dvec3 translation_m) {
  // Past this a float steps by a metre: the world needs a nearer origin.
  constexpr double kFarthestM = 1e7;
  for (int i = 0; i < 3; ++i) {
    if (!(std::abs(translation_m[i]) <= kFarthestM)) {
      fail(ErrorCode::kInvalidInput, "the pose's translation is {} {} {} m, expected finite numbers within {} m",
           translation_m.x, translation_m.y, translation_m.z, kFarthestM);
    }
  }
  return {glm::mat3(rotation), glm::vec3(translation_m)};
}

}  // namespace

glm::mat4 to_mat4(const Rigid& rigid) {
  glm::mat4 matrix(rigid.rotation);
  matrix[3] = glm::vec4(rigid.translation, 1.0f);
  return matrix;
}

Rigid rigid_from_row_major(const std::array<double, 16>& matrix) {
  for (const double value : matrix) {
    if (!std::isfinite(value)) fail(ErrorCode::kInvalidInput, "the pose has an entry that is not a finite number");
  }
  const double last_row = std::abs(matrix[12]) + std::abs(matrix[13]) + std::abs(matrix[14]) + std::abs(matrix[15] - 1);
  if (!(last_row <= 1e-6)) {
    fail(ErrorCode::kInvalidInput, "the pose's last row is {} {} {} {}, expected 0 0 0 1", matrix[12], matrix[13],
         matrix[14], matrix[15]);
  }
  glm::dmat3 rotation;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) rotation[column][row] = matrix[static_cast<size_t>(4 * row + column)];
  }
  const glm::dmat3 gram = rotation * glm::transpose(rotation);
  double deviation = 0;
  for (int i = 0; i < 9; ++i) deviation = std::max(deviation, std::abs(gram[i / 3][i % 3] - (i / 3 == i % 3 ? 1 : 0)));
  if (!(deviation <= 1e-2)) {
    fail(ErrorCode::kInvalidInput, "the pose is not a rotation: |R R^T - I| is {:.3g}, at most 0.01 is accepted",
         deviation);
  }
  if (glm::determinant(rotation) < 0) {
    fail(ErrorCode::kInvalidInput, "the pose mirrors (determinant -1); negate one camera axis in the file");
  }
  return checked_translation(nearest_rotation(rotation), {matrix[3], matrix[7], matrix[11]});
}

Rigid rigid_from_quaternion_xyzw(const std::array<double, 4>& q, const std::array<double, 3>& t) {
  const double norm = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  if (!(std::abs(norm - 1) <= 1e-2)) {
    fail(ErrorCode::kInvalidInput, "the pose's quaternion has length {:.4g}, expected 1", norm);
  }
  const glm::dquat unit(q[3] / norm, q[0] / norm, q[1] / norm, q[2] / norm);
  return checked_translation(glm::mat3_cast(unit), {t[0], t[1], t[2]});
}

float rotation_angle(const glm::mat3& m) {
  const float cosine = 0.5f * (m[0][0] + m[1][1] + m[2][2] - 1.0f);
  const float sine = 0.5f * glm::length(glm::vec3(m[1][2] - m[2][1], m[2][0] - m[0][2], m[0][1] - m[1][0]));
  return std::atan2(sine, cosine);
}

}  // namespace diorama
