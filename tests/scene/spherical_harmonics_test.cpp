#include "engine/scene/spherical_harmonics.h"

#include "engine/base/random.h"

#include <glm/gtc/quaternion.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>
#include <vector>

namespace diorama {
namespace {

glm::dvec3 random_direction(Random& random) {
  return glm::normalize(glm::dvec3(random.normal(), random.normal(), random.normal()));
}

glm::dmat3 random_rotation(Random& random) {
  const glm::dquat q(random.normal(), random.normal(), random.normal(), random.normal());
  return glm::mat3_cast(glm::normalize(q));
}

// The sum that a splat of these coefficients shows along a direction.
glm::dvec3 seen_along(const std::vector<glm::vec3>& coefficients, const glm::dvec3& direction) {
  const auto basis = sh_basis(direction);
  glm::dvec3 sum(0.0);
  for (size_t i = 0; i < coefficients.size(); ++i) sum += basis[i] * glm::dvec3(coefficients[i]);
  return sum;
}

TEST(ShBasis, HasTheSignsOf3dgs) {
  const auto x = sh_basis(glm::dvec3(1, 0, 0)), y = sh_basis(glm::dvec3(0, 1, 0)), z = sh_basis(glm::dvec3(0, 0, 1));
  EXPECT_DOUBLE_EQ(x[3], -0.4886025119029199);
  EXPECT_DOUBLE_EQ(y[1], -0.4886025119029199);
  EXPECT_DOUBLE_EQ(z[2], 0.4886025119029199);
  EXPECT_DOUBLE_EQ(x[8], 0.5462742152960396);
  EXPECT_DOUBLE_EQ(z[6], 2 * 0.31539156525252005);
  EXPECT_DOUBLE_EQ(y[9], 0.5900435899266435);
  EXPECT_DOUBLE_EQ(x[15], -0.5900435899266435);
  EXPECT_DOUBLE_EQ(z[12], 2 * 0.3731763325901154);
}

// A midpoint grid of 40,000 directions; its error for polynomials of degree 6 is below 1e-3.
TEST(ShBasis, IsOrthonormal) {
  std::array<std::array<double, 16>, 16> gram{};
  constexpr int kSteps = 200;
  for (int i = 0; i < kSteps; ++i) {
    const double z = -1 + (2 * i + 1.0) / kSteps, radius = std::sqrt(1 - z * z);
    for (int j = 0; j < kSteps; ++j) {
      const double angle = 2 * std::numbers::pi * j / kSteps;
      const auto basis = sh_basis(glm::dvec3(radius * std::cos(angle), radius * std::sin(angle), z));
      for (size_t a = 0; a < 16; ++a) {
        for (size_t b = 0; b < 16; ++b) gram[a][b] += basis[a] * basis[b] * 4 * std::numbers::pi / (kSteps * kSteps);
      }
    }
  }
  for (size_t a = 0; a < 16; ++a) {
    for (size_t b = 0; b < 16; ++b) EXPECT_NEAR(gram[a][b], a == b ? 1 : 0, 1e-3) << a << ", " << b;
  }
}

TEST(ShRotation, WhatWasSeenAlongADirectionIsSeenAlongTheTurnedOne) {
  Random random(11);
  for (const size_t count : {1u, 4u, 9u, 16u}) {
    for (int round = 0; round < 20; ++round) {
      glm::dmat3 turn = random_rotation(random);
      if (round % 5 == 4) turn = turn * glm::dmat3(-1, 0, 0, 0, 1, 0, 0, 0, 1);  // mirrors are orthogonal too
      std::vector<glm::vec3> before(count);
      for (glm::vec3& c : before) c = {random.normal(), random.normal(), random.normal()};
      std::vector<glm::vec3> after = before;
      ShRotation(turn).apply(after);
      for (int i = 0; i < 10; ++i) {
        const glm::dvec3 direction = random_direction(random);
        const glm::dvec3 difference = seen_along(after, turn * direction) - seen_along(before, direction);
        // Sums of up to 7 float products of magnitude 1, twice.
        EXPECT_LE(glm::length(difference), 3e-6) << count << " coefficients";
      }
    }
  }
}

TEST(ShRotation, AQuarterTurnAboutZMovesXToY) {
  std::vector<glm::vec3> coefficients(4);
  coefficients[3] = glm::vec3(-1);  // along x
  ShRotation(glm::dmat3(0, 1, 0, -1, 0, 0, 0, 0, 1)).apply(coefficients);
  EXPECT_LE(glm::length(coefficients[1] - glm::vec3(-1)), 1e-6f) << "one rounding";
  EXPECT_LE(glm::length(coefficients[2]) + glm::length(coefficients[3]), 1e-6f);
}

}  // namespace
}  // namespace diorama
