#include "reconstruction/splat_video/motion_refinement.h"
#include "reconstruction/splat_video/surface.h"
#include "tests/reconstruction/splat_video_capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diorama::test {
namespace {

// A moment of the ball with its surface's splats and a graph that carries them.
struct Scene {
  explicit Scene(ThreadPool& pool, size_t nodes = 16) {
    performance = rolling_ball();
    performance.moments = 1;
    const Capture capture = capture_of(performance);
    const Moments moments = training_moments(capture);
    views = load_moment(capture, moments.list[0], 1, nullptr, {}, pool);
    const auto surface = moment_surface(views, {.voxel_m = 0.03f, .count = 600, .seed = 1}, pool);
    cloud = splats_at(surface, 1, pool);
    records = records_from_cloud(cloud);
    graph = build_graph(surface, nodes, pool);
    carried = carried_splats(graph, records, layout, pool);
    options.sh_degree = 1;
  }
  Performance performance;
  SplatVideoOptions options;
  SplatLayout layout{.sh_degree = 1};
  MomentViews views;
  SplatCloud cloud;
  AlignedVector<float> records;
  DeformationGraph graph;
  CarriedSplats carried;
};

GraphPose shaken(const DeformationGraph& graph, double turn, double move_m) {
  Random random(5);
  std::vector<NodeStep> step(graph.nodes.size());
  for (NodeStep& one : step) {
    for (int axis = 0; axis < 3; ++axis) {
      one.turn[axis] = turn * static_cast<double>(random.normal());
      one.move[axis] = move_m * static_cast<double>(random.normal());
    }
  }
  return moved(rest_pose(graph), step);
}

// Of node j: entries 0 to 2 turn, 3 to 5 move.
double& entry(std::vector<NodeStep>& step, size_t j, int k) {
  return k < 3 ? step[j].turn[k] : step[j].move[k - 3];
}

TEST(SplatCarrier, CarriesAsMovedDoes) {
  ThreadPool pool(2);
  const Scene scene(pool);
  const GraphPose from = shaken(scene.graph, 0.2, 0.02), to = shaken(scene.graph, -0.3, 0.05);
  const SplatCarrier carrier(scene.carried, scene.graph, from, scene.records, scene.layout, pool);
  AlignedVector<float> carried = scene.records;
  carrier.carry(to, carried, pool);
  const AlignedVector<float> wanted = moved(scene.carried, scene.graph, from, to, scene.records, scene.layout, pool);
  for (size_t i = 0; i < scene.cloud.size(); ++i) {
    const size_t at = i * scene.layout.stride();
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(carried[at + k], wanted[at + k], 1e-6f);
    float same = 0;
    for (size_t k = SplatLayout::kRotation; k < SplatLayout::kRotation + 4; ++k)
      same += carried[at + k] * wanted[at + k];
    EXPECT_NEAR(std::abs(same), 1.0f, 1e-5f);
  }
}

TEST(SplatCarrier, PullsAreTheDerivativesOfALinearLoss) {
  // loss = sum of random weights times positions and rotations of the records.
  ThreadPool pool(2);
  const Scene scene(pool);
  const GraphPose from = shaken(scene.graph, 0.2, 0.02), to = shaken(scene.graph, -0.3, 0.05);
  AlignedVector<float> records = scene.records;
  Random random(7);
  for (float& value : records) value += 0.02f * random.normal();  // beside where the graph puts them
  const SplatCarrier carrier(scene.carried, scene.graph, from, records, scene.layout, pool);
  const size_t stride = scene.layout.stride();
  std::vector<float> weights(records.size(), 0.0f);
  for (size_t i = 0; i < scene.cloud.size(); ++i) {
    for (const size_t first : {SplatLayout::kPosition, SplatLayout::kRotation}) {
      const size_t count = first == SplatLayout::kPosition ? 3 : 4;
      for (size_t k = 0; k < count; ++k) weights[i * stride + first + k] = random.normal();
    }
  }
  const auto loss = [&](const GraphPose& pose) {
    AlignedVector<float> at = records;
    carrier.carry(pose, at, pool);
    double sum = 0;
    for (size_t k = 0; k < at.size(); ++k) sum += static_cast<double>(at[k]) * static_cast<double>(weights[k]);
    return sum;
  };
  AlignedVector<float> there = records;
  carrier.carry(to, there, pool);
  std::vector<SplatPull> pulls;
  for (size_t i = 0; i < scene.cloud.size(); ++i) {
    pulls.push_back(
        pull_of(std::span(there).subspan(i * stride, stride), std::span(weights).subspan(i * stride, stride)));
  }
  std::vector<NodeStep> gradient = carrier.pulled(to, pulls, pool);
  constexpr double kStep = 1e-3;
  for (size_t j = 0; j < scene.graph.nodes.size(); j += 3) {
    for (int k = 0; k < 6; ++k) {
      std::vector<NodeStep> step(scene.graph.nodes.size());
      entry(step, j, k) = kStep;
      const double up = loss(moved(to, step));
      entry(step, j, k) = -kStep;
      const double difference = (up - loss(moved(to, step))) / (2 * kStep);
      // Records are floats: 1e-7 of sums of some 100, over the step.
      EXPECT_NEAR(entry(gradient, j, k), difference, 0.02 + 0.005 * std::abs(difference)) << j << " " << k;
    }
  }
}

TEST(MotionRefinement, StretchHasTheDerivativesThatItSays) {
  ThreadPool pool(1);
  const Scene scene(pool);
  const GraphPose pose = shaken(scene.graph, 0.2, 0.02);
  std::vector<NodeStep> gradient(scene.graph.nodes.size());
  stretch(scene.graph, pose, 0.5, gradient);
  constexpr double kStep = 1e-6;
  for (size_t j = 0; j < scene.graph.nodes.size(); ++j) {
    for (int k = 0; k < 6; ++k) {
      std::vector<NodeStep> step(scene.graph.nodes.size()), unused = step;
      entry(step, j, k) = kStep;
      const double up = stretch(scene.graph, moved(pose, step), 0, unused);
      entry(step, j, k) = -kStep;
      const double down = stretch(scene.graph, moved(pose, step), 0, unused);
      const double difference = 0.5 * (up - down) / (2 * kStep);
      EXPECT_NEAR(entry(gradient, j, k), difference, 1e-4 * std::abs(difference) + 1e-3);
    }
  }
}

// The scene's splats, carried from rest and drawn.
struct CarriedScene {
  ThreadPool pool{2};
  Scene scene{pool};
  SplatCloud none{.sh_degree = 1};
  ViewLoss loss{scene.options, none, pool};
  GraphPose rest = rest_pose(scene.graph);
  SplatCarrier carrier{scene.carried, scene.graph, rest, scene.records, scene.layout, pool};
  CarriedScene() { loss.set_moving(scene.records); }
};

TEST(MotionRefinement, LossFollowsTheDerivativesThroughTheRasteriser) {
  CarriedScene setup;
  auto& [pool, scene, none, loss, rest, carrier] = setup;
  const GraphPose pose = shaken(scene.graph, 0.05, 0.01);
  const auto value = [&](const GraphPose& at) {
    carrier.carry(at, loss.moving(), pool);
    return loss.evaluate(scene.views.views[1], 1, glm::vec3(1, 0, 1));
  };
  value(pose);
  std::vector<NodeStep> gradient = motion_gradient(loss, carrier, pose, pool);
  double along = 0;
  for (size_t j = 0; j < gradient.size(); ++j) {
    along += glm::dot(gradient[j].turn, gradient[j].turn) + glm::dot(gradient[j].move, gradient[j].move);
  }
  ASSERT_GT(along, 0);
  // A small step along the gradient changes the loss by the gradient's square; L1's kinks leave a few per cent.
  const double length = 2e-4 / std::sqrt(along);
  std::vector<NodeStep> step = gradient;
  for (NodeStep& one : step) one = {length * one.turn, length * one.move};
  const double up = value(moved(pose, step));
  for (NodeStep& one : step) one = {-one.turn, -one.move};
  const double down = value(moved(pose, step));
  EXPECT_NEAR((up - down) / (2 * length), along, 0.1 * along);
}

TEST(MotionRefinement, BringsBackWhatWasPushedAside) {
  CarriedScene setup;
  auto& [pool, scene, none, loss, rest, carrier] = setup;
  const auto refined = [&](glm::dvec3 push_m) {
    GraphPose start = rest;
    for (NodeMotion& node : start) node.translation = push_m;
    const GraphPose found =
        refine_motion(loss, scene.views, scene.graph, carrier, start, {.steps = 300, .move_m = 1e-3}, 1, pool, [] {});
    glm::dvec3 mean(0);
    for (const NodeMotion& node : found) mean += node.translation / static_cast<double>(found.size());
    return mean;
  };
  // Splats that were never trained rest some 2 mm from where they started; pixels are 20 mm.
  const glm::dvec3 push_m(0.02, -0.01, 0.015), at_rest = refined(glm::dvec3(0)), back = refined(push_m);
  EXPECT_LT(glm::length(back - at_rest), 0.2 * glm::length(push_m));
}

}  // namespace
}  // namespace diorama::test
