#include "engine/scene/splat_transform.h"

#include "engine/base/random.h"
#include "engine/scene/spherical_harmonics.h"

#include <glm/gtc/matrix_transform.hpp>
#include <glm/gtc/quaternion.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace diorama {
namespace {

SplatCloud random_cloud(size_t count) {
  Random random(5);
  SplatCloud cloud;
  cloud.sh_degree = 3;
  cloud.resize(count);
  for (size_t i = 0; i < count; ++i) {
    cloud.positions[i] = {random.normal(), random.normal(), random.normal()};
    cloud.scales[i] = {random.uniform(0.01f, 0.1f), random.uniform(0.01f, 0.1f), random.uniform(0.001f, 0.01f)};
    cloud.rotations_xyzw[i] =
        glm::normalize(glm::vec4(random.normal(), random.normal(), random.normal(), random.normal()));
    cloud.opacities[i] = random.uniform();
  }
  for (glm::vec3& c : cloud.sh) c = {random.normal(), random.normal(), random.normal()};
  return cloud;
}

glm::dmat3 covariance(const SplatCloud& cloud, size_t i) {
  const glm::vec4 q = cloud.rotations_xyzw[i];
  glm::dmat3 axes = glm::mat3_cast(glm::normalize(glm::dquat(q.w, q.x, q.y, q.z)));
  for (int axis = 0; axis < 3; ++axis) axes[axis] *= static_cast<double>(cloud.scales[i][axis]);
  return axes * glm::transpose(axes);
}

double largest(const glm::dmat3& m) {
  double result = 0;
  for (int i = 0; i < 9; ++i) result = std::max(result, std::abs(m[i / 3][i % 3]));
  return result;
}

// Positions and covariances against the matrix itself.
void expect_moved(const SplatCloud& before, const SplatCloud& after, const glm::dmat4& matrix) {
  EXPECT_NO_THROW(check_splat_cloud(after));
  const glm::dmat3 m(matrix);
  for (size_t i = 0; i < before.size(); ++i) {
    const glm::dvec3 expected = matrix * glm::dvec4(glm::dvec3(before.positions[i]), 1);
    EXPECT_LE(glm::length(glm::dvec3(after.positions[i]) - expected), 1e-6) << "a rounding of numbers near 5";
    const glm::dmat3 shape = m * covariance(before, i) * glm::transpose(m);
    EXPECT_LE(largest(covariance(after, i) - shape), 2e-6 * largest(shape)) << "float rotations and scales";
  }
  EXPECT_EQ(after.opacities, before.opacities);
}

const glm::dmat4 kTurned =
    glm::rotate(glm::translate(glm::dmat4(1.0), glm::dvec3(1, -2, 3)), 1.1, glm::normalize(glm::dvec3(1, 2, -0.5)));

TEST(SplatTransform, MovesShapesAsTheMatrixDoes) {
  const SplatCloud before = random_cloud(200);
  for (const glm::dvec3 scale : {glm::dvec3(1), glm::dvec3(2.5), glm::dvec3(1, 0.5, 2), glm::dvec3(-1, 1, 1)}) {
    const glm::dmat4 matrix = glm::scale(kTurned, scale);
    SplatCloud after = before;
    transform(after, matrix);
    expect_moved(before, after, matrix);
  }
}

TEST(SplatTransform, KeepsTheAxesOfASplatWhereTheMatrixTurnsOnly) {
  const SplatCloud before = random_cloud(10);
  SplatCloud after = before;
  transform(after, Rigid{glm::mat3(kTurned), glm::vec3(kTurned[3])});
  EXPECT_EQ(after.scales, before.scales);
}

TEST(SplatTransform, TurnsTheColoursWithTheSplats) {
  const SplatCloud before = random_cloud(20);
  Random random(3);
  // The mirror of x is orthogonal: colours follow it exactly.
  for (const glm::dmat4& matrix : {kTurned, glm::scale(kTurned, glm::dvec3(-3, 3, 3))}) {
    SplatCloud after = before;
    transform(after, matrix);
    for (size_t i = 0; i < before.size(); ++i) {
      const glm::dvec3 d = glm::normalize(glm::dvec3(random.normal(), random.normal(), random.normal()));
      const auto basis = sh_basis(d), turned = sh_basis(glm::normalize(glm::dmat3(matrix) * d));
      glm::dvec3 difference(0.0);
      for (size_t k = 0; k < 16; ++k) {
        difference += turned[k] * glm::dvec3(after.sh[16 * i + k]) - basis[k] * glm::dvec3(before.sh[16 * i + k]);
      }
      EXPECT_LE(glm::length(difference), 5e-6) << "sums of 16 float coefficients of magnitude 1";
    }
  }
}

TEST(SplatTransform, ThereAndBackAgainIsTheSameCloud) {
  const SplatCloud before = random_cloud(50);
  SplatCloud after = before;
  const Rigid motion{glm::mat3(kTurned), glm::vec3(kTurned[3])};
  transform(after, motion);
  transform(after, inverse(motion));
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_LE(glm::length(after.positions[i] - before.positions[i]), 2e-6f) << "roundings of numbers near 5";
    EXPECT_NEAR(std::abs(glm::dot(after.rotations_xyzw[i], before.rotations_xyzw[i])), 1, 1e-6);
  }
  for (size_t i = 0; i < before.sh.size(); ++i) {
    EXPECT_LE(glm::length(after.sh[i] - before.sh[i]), 5e-6f) << "two sums of 7 float products";
  }
}

TEST(SplatTransform, TheIdentityLeavesEveryBit) {
  const SplatCloud before = random_cloud(5);
  SplatCloud after = before;
  transform(after, Rigid{});
  EXPECT_EQ(after.positions, before.positions);
  EXPECT_EQ(after.rotations_xyzw, before.rotations_xyzw);
  EXPECT_EQ(after.sh, before.sh);
}

TEST(SplatTransform, AFlattenedCloudIsStillACloud) {
  for (const glm::dvec3 scale : {glm::dvec3(1, 1, 0), glm::dvec3(0, 2, 0), glm::dvec3(0)}) {
    const SplatCloud before = random_cloud(20);
    SplatCloud after = before;
    transform(after, glm::scale(kTurned, scale));
    expect_moved(before, after, glm::scale(kTurned, scale));
  }
}

}  // namespace
}  // namespace diorama
