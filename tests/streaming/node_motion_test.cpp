#include "streaming/node_motion.h"

#include "engine/base/error.h"
#include "tests/streaming/moving_splats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace diorama {
namespace {

std::vector<glm::vec3> nodes_first(const std::vector<glm::vec3>& positions, size_t nodes,
                                   std::vector<uint32_t>& order) {
  order = spread_splats(positions, nodes);
  const std::set<uint32_t> chosen(order.begin(), order.end());
  for (uint32_t i = 0; i < positions.size(); ++i) {
    if (!chosen.contains(i)) order.push_back(i);
  }
  std::vector<glm::vec3> sorted;
  for (const uint32_t i : order) sorted.push_back(positions[i]);
  return sorted;
}

std::vector<glm::vec3> in_order(const std::vector<glm::vec3>& positions, const std::vector<uint32_t>& order) {
  std::vector<glm::vec3> sorted;
  for (const uint32_t i : order) sorted.push_back(positions[i]);
  return sorted;
}

TEST(NodeMotion, WeightsAddUpAndTheNearestNodeIsTheHeaviest) {
  std::vector<uint32_t> order;
  const auto base = nodes_first(swaying_sheet(500, 1).frames[0].positions, 20, order);
  ThreadPool pool(2);
  const NodeMotion motion(base, 20, pool);
  for (size_t i = 0; i < base.size(); ++i) {
    const SplatNodes& nodes = motion.splats()[i];
    EXPECT_NEAR(std::accumulate(nodes.weights.begin(), nodes.weights.end(), 0.0f), 1, 1e-5f);
    EXPECT_TRUE(std::is_sorted(nodes.weights.rbegin(), nodes.weights.rend()));
    float nearest = 1e9f;
    for (size_t node = 0; node < 20; ++node) nearest = std::min(nearest, glm::distance(base[node], base[i]));
    EXPECT_EQ(glm::distance(base[nodes.nodes[0]], base[i]), nearest);
  }
}

TEST(NodeMotion, ARigidMotionIsFoundExactly) {
  std::vector<uint32_t> order;
  const auto base = nodes_first(swaying_sheet(800, 1).frames[0].positions, 16, order);
  const glm::quat turn = glm::angleAxis(0.7f, glm::normalize(glm::vec3(1, 2, -1)));
  std::vector<glm::vec3> moved;
  for (const glm::vec3& p : base) moved.push_back(turn * p + glm::vec3(0.3f, -2, 1));
  ThreadPool pool(2);
  const NodeMotion motion(base, 16, pool);
  const auto transforms = fit_transforms(motion, base, moved);
  for (size_t i = 0; i < base.size(); ++i) {
    const PredictedMotion predicted = motion.predict(i, transforms);
    // Single precision of places of a few metres.
    EXPECT_NEAR(glm::distance(predicted.position, moved[i]), 0, 5e-6f);
    EXPECT_NEAR(std::abs(glm::dot(predicted.rotation_xyzw, glm::vec4(turn.x, turn.y, turn.z, turn.w))), 1, 1e-5f);
  }
}

TEST(NodeMotion, ASwayingSheetIsFollowedMoreCloselyByMoreNodes) {
  const SplatGroup sheet = swaying_sheet(4000, 9);
  double before = 1e9;
  for (const size_t nodes : {8, 32, 128}) {
    std::vector<uint32_t> order;
    const auto base = nodes_first(sheet.frames[0].positions, nodes, order);
    const auto target = in_order(sheet.frames[8].positions, order);
    ThreadPool pool(2);
    const NodeMotion motion(base, nodes, pool);
    const auto transforms = fit_transforms(motion, base, target);
    double rest = 0, way = 0;
    for (size_t i = 0; i < base.size(); ++i) {
      rest += glm::distance(motion.predict(i, transforms).position, target[i]);
      way += glm::distance(base[i], target[i]);
    }
    EXPECT_LT(rest, 0.3 * way) << nodes;
    EXPECT_LT(rest, 0.5 * before) << nodes;
    before = rest;
  }
}

TEST(NodeMotion, WithoutNodesNothingMoves) {
  const std::vector<glm::vec3> base = {{1, 2, 3}};
  ThreadPool pool(2);
  const NodeMotion motion(base, 0, pool);
  const PredictedMotion predicted = motion.predict(0, {});
  EXPECT_EQ(predicted.position, base[0]);
  EXPECT_EQ(predicted.rotation_xyzw, glm::vec4(0, 0, 0, 1));
}

TEST(NodeMotion, SplatsInOnePlaceAndOnALineHaveFiniteMotions) {
  for (const float length : {0.0f, 1.0f}) {
    std::vector<glm::vec3> base, moved;
    for (int i = 0; i < 40; ++i) base.push_back({length * static_cast<float>(i), 0, 0});
    for (const glm::vec3& p : base) moved.push_back({0, p.x, 1});
    ThreadPool pool(2);
    const NodeMotion motion(base, 8, pool);
    const auto transforms = fit_transforms(motion, base, moved);
    for (size_t i = 0; i < base.size(); ++i) {
      const PredictedMotion predicted = motion.predict(i, transforms);
      EXPECT_TRUE(std::isfinite(glm::dot(predicted.position, predicted.position)));
      EXPECT_NEAR(glm::length(predicted.rotation_xyzw), 1, 1e-5f);
    }
  }
}

TEST(NodeMotion, SpreadSplatsAreDifferentAndEvenlySpread) {
  const auto positions = swaying_sheet(1000, 1).frames[0].positions;
  const auto chosen = spread_splats(positions, 50);
  EXPECT_EQ(std::set<uint32_t>(chosen.begin(), chosen.end()).size(), 50u);
  float nearest = 1e9f;
  for (size_t a = 0; a < 50; ++a) {
    for (size_t b = 0; b < a; ++b)
      nearest = std::min(nearest, glm::distance(positions[chosen[a]], positions[chosen[b]]));
  }
  // 50 discs of this diameter without overlap fill half of a sheet of about 1.3 m^2 at the densest: 0.13 m.
  EXPECT_GT(nearest, 0.09f);
}

}  // namespace
}  // namespace diorama
