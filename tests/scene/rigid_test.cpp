#include "engine/scene/rigid.h"

#include "engine/base/random.h"
#include "engine/scene/turn.h"
#include "tests/expect_error.h"

#include <glm/gtc/quaternion.hpp>

#include <cmath>
#include <limits>
#include <numbers>

namespace diorama {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Row-major, as files hold it: a quarter turn about z, then a move.
std::array<double, 16> quarter_turn() {
  return {0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1};
}

glm::mat3 rotation_about(glm::vec3 axis, float angle) {
  return glm::mat3_cast(glm::angleAxis(angle, glm::normalize(axis)));
}

float largest_difference(const glm::mat3& a, const glm::mat3& b) {
  float largest = 0;
  for (int i = 0; i < 9; ++i) largest = std::max(largest, std::abs(a[i / 3][i % 3] - b[i / 3][i % 3]));
  return largest;
}

TEST(Rigid, MatrixRowsAreReadAsRows) {
  const Rigid rigid = rigid_from_row_major(quarter_turn());
  const glm::vec3 moved = rigid * glm::vec3(1, 0, 0);
  // Polar iteration in double, then a cast to float: exact here up to one rounding.
  EXPECT_LT(glm::length(moved - glm::vec3(1, 3, 3)), 1e-6f);
}

TEST(Rigid, InverseUndoesAndProductChains) {
  const Rigid a{rotation_about({1, 2, 3}, 0.7f), {1, -2, 0.5f}};
  const Rigid b{rotation_about({-1, 0, 2}, -2.1f), {0, 4, 1}};
  const glm::vec3 p{0.3f, -1.2f, 2};
  EXPECT_LT(glm::length(inverse(a) * (a * p) - p), 2e-6f);  // float rounding at coordinates of a few metres
  EXPECT_LT(glm::length((b * a) * p - b * (a * p)), 2e-6f);
  EXPECT_LT(glm::length(glm::vec3(to_mat4(a) * glm::vec4(p, 1)) - a * p), 2e-6f);
}

TEST(Rigid, SmallErrorsAreMadeARotation) {
  auto matrix = quarter_turn();
  Random random(5);
  for (const int row : {0, 1, 2}) {
    for (const int column : {0, 1, 2}) matrix[static_cast<size_t>(4 * row + column)] += random.uniform(-2e-3f, 2e-3f);
  }
  const Rigid rigid = rigid_from_row_major(matrix);
  const glm::mat3 gram = rigid.rotation * glm::transpose(rigid.rotation);
  EXPECT_LT(largest_difference(gram, glm::mat3(1)), 1e-6f);  // float rounding
  EXPECT_LT(largest_difference(rigid.rotation, glm::mat3(rigid_from_row_major(quarter_turn()).rotation)), 4e-3f);
}

TEST(Rigid, WhatIsNoRigidMotionIsAnError) {
  const auto with = [](size_t index, double value) {
    auto matrix = quarter_turn();
    matrix[index] = value;
    return matrix;
  };
  const auto read = [](const std::array<double, 16>& matrix) { rigid_from_row_major(matrix); };
  DIO_EXPECT_ERROR(read(with(4, 1.02)), ErrorCode::kInvalidInput, "not a rotation");
  EXPECT_NO_THROW(read(with(4, 1.004)));  // |R R^T - I| = 8e-3
  DIO_EXPECT_ERROR(read(with(2, kNan)), ErrorCode::kInvalidInput, "not a finite number");
  DIO_EXPECT_ERROR(read(with(3, INFINITY)), ErrorCode::kInvalidInput, "not a finite number");
  DIO_EXPECT_ERROR(read(with(3, 1e300)), ErrorCode::kInvalidInput, "translation");
  DIO_EXPECT_ERROR(read(with(12, 0.5)), ErrorCode::kInvalidInput, "last row is 0.5 0 0 1");
  DIO_EXPECT_ERROR(read(with(15, 2)), ErrorCode::kInvalidInput, "last row");
  DIO_EXPECT_ERROR(read(with(10, -1)), ErrorCode::kInvalidInput, "mirrors");
  DIO_EXPECT_ERROR(read({}), ErrorCode::kInvalidInput, "last row");
}

TEST(Rigid, QuaternionIsXyzwAndNormalised) {
  const double half = std::sqrt(0.5) * 1.005;  // half a percent too long
  const Rigid rigid = rigid_from_quaternion_xyzw({0, 0, half, half}, {1, 2, 3});
  EXPECT_LT(largest_difference(rigid.rotation, glm::mat3(rigid_from_row_major(quarter_turn()).rotation)), 1e-6f);
  EXPECT_EQ(rigid.translation, glm::vec3(1, 2, 3));
}

TEST(Rigid, WrongQuaternionIsAnError) {
  const auto read = [](std::array<double, 4> q, std::array<double, 3> t) { rigid_from_quaternion_xyzw(q, t); };
  DIO_EXPECT_ERROR(read({0, 0, 0, 0}, {}), ErrorCode::kInvalidInput, "length 0, expected 1");
  DIO_EXPECT_ERROR(read({0, 0, 0, 1.02}, {}), ErrorCode::kInvalidInput, "length 1.02");
  DIO_EXPECT_ERROR(read({kNan, 0, 0, 1}, {}), ErrorCode::kInvalidInput, "length nan");
  DIO_EXPECT_ERROR(read({0, 0, 0, 1}, {0, kNan, 0}), ErrorCode::kInvalidInput, "translation");
}

TEST(Rigid, RotationAngleHoldsFromTinyToHalfATurn) {
  constexpr float kPi = std::numbers::pi_v<float>;
  for (const float angle : {1e-4f, 0.01f, 1.0f, 3.0f, kPi - 1e-3f}) {
    // The sine carries small angles, the cosine the rest: a relative float error each.
    EXPECT_NEAR(rotation_angle(rotation_about({1, -2, 0.5f}, angle)), angle, 1e-6f + 1e-6f * angle);
  }
  EXPECT_EQ(rotation_angle(glm::mat3(1)), 0.0f);
  EXPECT_NEAR(rotation_angle(rotation_about({0, 1, 0}, kPi)), kPi, 1e-6f);
}

TEST(TurnVector, IsTheInverseOfItsRotation) {
  for (const glm::dvec3 turn : {glm::dvec3(0.0), {1e-5, 0, 0}, {0.01, -0.02, 0.005}, {1, -2, 0.5}}) {
    // Float matrices: 1e-6 of a radian.
    EXPECT_LT(glm::length(turn_vector(turn_from_vector(turn)) - turn), 1e-6);
  }
}

}  // namespace
}  // namespace diorama
