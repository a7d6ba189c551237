#pragma once

#include <glm/glm.hpp>

#include <array>

namespace diorama {

// Rigid motion: point_in_b = b_from_a * point_in_a = rotation * point_in_a + translation. Metres.
struct Rigid {
  glm::mat3 rotation{1.0f};  // glm: rotation[column][row]
  glm::vec3 translation{0.0f};
};

inline glm::vec3 operator*(const Rigid& b_from_a, glm::vec3 point_in_a) {
  return b_from_a.rotation * point_in_a + b_from_a.translation;
}

inline Rigid operator*(const Rigid& c_from_b, const Rigid& b_from_a) {
  return {c_from_b.rotation * b_from_a.rotation, c_from_b * b_from_a.translation};
}

inline Rigid inverse(const Rigid& b_from_a) {
  const glm::mat3 rotation = glm::transpose(b_from_a.rotation);
  return {rotation, -(rotation * b_from_a.translation)};
}

glm::mat4 to_mat4(const Rigid& rigid);

// From a row-major 4x4 matrix as files hold it. Accepts |R R^T - I| <= 1e-2 (largest entry) and returns the nearest
// rotation. Error kInvalidInput: NaN or infinite entries, a last row other than 0 0 0 1, not a rotation, a reflection,
// a translation beyond 1e7 m.
Rigid rigid_from_row_major(const std::array<double, 16>& matrix);

// From a unit quaternion (x, y, z, w), normalised here. Error kInvalidInput: NaN, or a norm off 1 by more than 1e-2.
Rigid rigid_from_quaternion_xyzw(const std::array<double, 4>& rotation_xyzw, const std::array<double, 3>& translation);

// Angle of the rotation between two frames, radians.
float rotation_angle(const glm::mat3& b_from_a);

}  // namespace diorama
