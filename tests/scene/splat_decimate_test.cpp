#include "engine/scene/splat_decimate.h"

#include "engine/base/random.h"
#include "tests/expect_error.h"

#include <array>
#include <cmath>

namespace diorama {
namespace {

SplatCloud two_splats(glm::vec3 a, glm::vec3 b, float scale) {
  SplatCloud cloud;
  cloud.resize(2);
  cloud.positions = {a, b};
  cloud.scales = {glm::vec3(scale), glm::vec3(scale)};
  cloud.opacities = {0.5f, 0.5f};
  cloud.sh = {glm::vec3(1, 0, 0), glm::vec3(0, 1, 0)};
  return cloud;
}

// A wall of flat splats in z = 0, red on the left, blue on the right.
SplatCloud wall(int edge) {
  SplatCloud cloud;
  cloud.resize(static_cast<size_t>(edge * edge));
  Random random(7);
  for (size_t i = 0; i < cloud.size(); ++i) {
    const auto x = static_cast<float>(i % static_cast<size_t>(edge)),
               y = static_cast<float>(i / static_cast<size_t>(edge));
    cloud.positions[i] = {x + 0.2f * random.uniform(), y + 0.2f * random.uniform(), 0};
    cloud.scales[i] = {0.6f, 0.5f, 0.001f};
    cloud.opacities[i] = 0.9f;
    cloud.sh[i] = x < static_cast<float>(edge) / 2 ? glm::vec3(1.5f, 0, 0) : glm::vec3(0, 0, 1.5f);
  }
  return cloud;
}

TEST(Decimate, APairKeepsItsMomentsItsMassAndItsMeanColour) {
  ThreadPool pool(1);
  const SplatCloud one = decimate(two_splats({-3, 0, 0}, {3, 0, 0}, 1), 1, pool);
  ASSERT_EQ(one.size(), 1u);
  check_splat_cloud(one);
  EXPECT_LE(glm::length(one.positions[0]), 1e-6f);
  std::array<float, 3> scales = {one.scales[0].x, one.scales[0].y, one.scales[0].z};
  std::sort(scales.begin(), scales.end());
  EXPECT_FLOAT_EQ(scales[0], 1);
  EXPECT_FLOAT_EQ(scales[1], 1);
  EXPECT_FLOAT_EQ(scales[2], std::sqrt(10.0f)) << "variance 1 and a spread of 3 squared";
  // Thomsen's mean of the three products of axes: (1 + 2 sqrt(10)^p) / 3, to the power of 1/p.
  const double p = 1.6075, area = std::pow((1 + 2 * std::pow(std::sqrt(10.0), p)) / 3, 1 / p);
  EXPECT_NEAR(static_cast<double>(one.opacities[0]), 2 * 0.5 / area, 1e-6) << "twice half an area of 1";
  EXPECT_LE(glm::length(one.sh[0] - glm::vec3(0.5f, 0.5f, 0)), 1e-6f);
}

TEST(Decimate, TwoOnOneSpotBecomeOneOfTheirSize) {
  ThreadPool pool(1);
  const SplatCloud one = decimate(two_splats({1, 2, 3}, {1, 2, 3}, 0.25f), 1, pool);
  EXPECT_EQ(one.positions[0], glm::vec3(1, 2, 3));
  EXPECT_LE(glm::length(one.scales[0] - glm::vec3(0.25f)), 1e-6f);
  EXPECT_FLOAT_EQ(one.opacities[0], 1.0f) << "two of a half";
}

TEST(Decimate, AWallStaysFlatAndItsColoursApart) {
  ThreadPool pool(2);
  const SplatCloud cloud = wall(40), small = decimate(cloud, 200, pool);
  ASSERT_EQ(small.size(), 200u);
  check_splat_cloud(small);
  size_t mixed = 0;
  for (size_t i = 0; i < small.size(); ++i) {
    const glm::vec3 s = small.scales[i];
    EXPECT_LE(std::min({s.x, s.y, s.z}), 0.0011f) << "all lie in one plane";
    EXPECT_EQ(small.positions[i].z, 0);
    mixed += small.sh[i].r > 0.1f && small.sh[i].b > 0.1f;
  }
  EXPECT_LE(mixed, 4u) << "20 splats stand along the edge between the colours";
}

TEST(Decimate, TheBitsDoNotDependOnTheThreads) {
  ThreadPool one(1), four(4);
  const SplatCloud cloud = wall(60), a = decimate(cloud, 500, one), b = decimate(cloud, 500, four);
  EXPECT_EQ(a.positions, b.positions);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(a.rotations_xyzw, b.rotations_xyzw);
  EXPECT_EQ(a.opacities, b.opacities);
  EXPECT_EQ(a.sh, b.sh);
}

TEST(Decimate, ACloudBelowTheTargetIsAsItWas) {
  ThreadPool pool(1);
  const SplatCloud cloud = wall(3), same = decimate(cloud, 9, pool);
  EXPECT_EQ(same.positions, cloud.positions);
  EXPECT_EQ(same.opacities, cloud.opacities);
}

TEST(Decimate, PointsWithoutExtentOrOpacityAreMergedToo) {
  ThreadPool pool(1);
  SplatCloud cloud;
  cloud.resize(50);
  for (glm::vec3& p : cloud.positions) p = glm::vec3(1e20f, 0, 0);
  cloud.positions[7] = glm::vec3(-1e20f, 0, 0);
  const SplatCloud one = decimate(cloud, 1, pool);
  EXPECT_EQ(one.size(), 1u);
  check_splat_cloud(one);
}

TEST(Decimate, NoSplatsAtAllIsNoTarget) {
  ThreadPool pool(1);
  DIO_EXPECT_ERROR(decimate(wall(2), 0, pool), ErrorCode::kInvalidInput, "expected 1 or more");
}

}  // namespace
}  // namespace diorama
