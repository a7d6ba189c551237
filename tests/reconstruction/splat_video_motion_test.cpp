#include "engine/base/random.h"
#include "reconstruction/splat_video/carried_splats.h"
#include "reconstruction/splat_video/motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama::test {
namespace {

// A capped tube along x, 1 m long and 0.1 m in radius, with a stripe so that it has a front.
std::vector<StartPoint> tube(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<StartPoint> points;
  for (size_t i = 0; i < count; ++i) {
    const float x = random.uniform(-0.5f, 0.5f), angle = random.uniform(0, 2 * std::numbers::pi_v<float>);
    const glm::vec3 normal(0, std::cos(angle), std::sin(angle));
    points.push_back({.position = glm::vec3(x, 0, 0) + 0.1f * normal,
                      .normal = normal,
                      .color = glm::vec3(x + 0.5f, 0.5f, normal.y > 0),
                      .pixel_m = 0.005f});
  }
  return points;
}

template <class Motion>
std::vector<StartPoint> moved_points(std::vector<StartPoint> points, Motion&& motion) {
  constexpr double kStep = 1e-5;
  for (StartPoint& point : points) {
    const glm::dvec3 p = point.position, n = point.normal;
    // Tangents go along; the normal is across both.
    const glm::dvec3 side =
        glm::normalize(glm::cross(n, std::abs(n.x) < 0.9 ? glm::dvec3(1, 0, 0) : glm::dvec3(0, 1, 0)));
    const glm::dvec3 other = glm::cross(n, side), at = motion(p);
    point.normal = glm::normalize(glm::cross(motion(p + kStep * side) - at, motion(p + kStep * other) - at));
    point.position = at;
  }
  return points;
}

glm::dvec3 turned_and_moved(glm::dvec3 p) {
  const glm::dquat turn = glm::angleAxis(0.15, glm::normalize(glm::dvec3(1, 2, 3)));
  return turn * p + glm::dvec3(0.05, -0.04, 0.03);
}

// Bends the tube about z: its middle stays, its ends go up by about 0.12 m.
glm::dvec3 bent(glm::dvec3 p) {
  constexpr double kRadius = 1.0;
  const double angle = p.x / kRadius, from_center = kRadius - p.y;
  return {from_center * std::sin(angle), kRadius - from_center * std::cos(angle), p.z};
}

GraphPose shaken(const DeformationGraph& graph, double amount) {
  Random random(5);
  std::vector<NodeStep> step(graph.nodes.size());
  for (NodeStep& one : step) {
    for (int axis = 0; axis < 3; ++axis) {
      one.turn[axis] = amount * static_cast<double>(random.normal());
      one.move[axis] = 0.1 * amount * static_cast<double>(random.normal());
    }
  }
  return moved(rest_pose(graph), step);
}

TEST(DeformationGraph, WeightsAddUpToOneAndEdgesAreSorted) {
  ThreadPool pool(2);
  const DeformationGraph graph = build_graph(tube(2000, 1), 60, pool);
  ASSERT_EQ(graph.nodes.size(), 60u);
  for (const GraphSample& sample : graph.samples) {
    float sum = 0;
    for (const float weight : sample.weights.weight) sum += weight;
    EXPECT_NEAR(sum, 1.0f, 1e-5f);
  }
  EXPECT_TRUE(std::ranges::is_sorted(graph.edges));
  for (const auto& [a, b] : graph.edges) EXPECT_LT(a, b);
}

TEST(DeformationGraph, DoesNotTiePartsThatOnlyTouch) {
  // Two plates 1 cm apart, back to back: nearer to each other than samples of one plate are.
  std::vector<StartPoint> points;
  Random random(3);
  for (int i = 0; i < 800; ++i) {
    const bool upper = i % 2 == 0;
    points.push_back({.position = {random.uniform(0, 0.5f), random.uniform(0, 0.5f), upper ? 0.01f : 0.0f},
                      .normal = {0, 0, upper ? 1.0f : -1.0f},
                      .pixel_m = 0.005f});
  }
  ThreadPool pool(1);
  const DeformationGraph graph = build_graph(points, 40, pool);
  for (const auto& [a, b] : graph.edges) EXPECT_EQ(graph.nodes[a].z, graph.nodes[b].z);
  for (const GraphSample& sample : graph.samples) {
    for (const uint32_t node : sample.weights.node) EXPECT_EQ(graph.nodes[node].z, sample.position.z);
  }
}

TEST(DeformationGraph, CarriesARigidMotionExactly) {
  ThreadPool pool(1);
  const DeformationGraph graph = build_graph(tube(1000, 1), 40, pool);
  const glm::dquat turn = glm::angleAxis(1.1, glm::normalize(glm::dvec3(1, -1, 0.5)));
  const glm::dvec3 move(0.3, 0.1, -0.2);
  GraphPose pose;
  for (const glm::dvec3& node : graph.nodes) pose.push_back({turn, turn * node + move - node});
  for (const GraphSample& sample : graph.samples) {
    const glm::dvec3 apart = warped(graph, pose, sample.weights, sample.position) - (turn * sample.position + move);
    EXPECT_LT(glm::length(apart), 1e-6);  // the weights are floats
    EXPECT_GT(std::abs(glm::dot(blended_rotation(pose, sample.weights), turn)), 1 - 1e-12);
  }
  EXPECT_LT(motion_energy(graph, pose, {.planes = {}, .rigidity = 1}), 1e-24);
}

TEST(MotionSolver, GradientIsThatOfTheEnergy) {
  ThreadPool pool(1);
  const DeformationGraph graph = build_graph(tube(300, 2), 12, pool);
  const GraphPose pose = shaken(graph, 0.2);
  MotionTerms terms{.planes = {}, .rigidity = 0.3};
  Random random(8);
  for (uint32_t s = 0; s < 300; s += 3) {
    const glm::dvec3 normal = glm::normalize(glm::dvec3(random.normal(), random.normal(), random.normal()));
    const glm::dvec3 off(random.normal(), random.normal(), random.normal());
    terms.planes.push_back({s, graph.samples[s].position + 0.05 * off, normal, random.uniform(0.1f, 1), 0.2});
  }
  MotionSolver solver(graph);
  const std::vector<NodeStep> gradient = solver.gradient(pose, terms);
  constexpr double kStep = 1e-6;
  for (size_t j = 0; j < graph.nodes.size(); ++j) {
    for (int axis = 0; axis < 3; ++axis) {
      for (const bool turn : {true, false}) {
        const auto energy_at = [&](double by) {
          std::vector<NodeStep> step(graph.nodes.size());
          (turn ? step[j].turn : step[j].move)[axis] = by;
          return motion_energy(graph, moved(pose, step), terms);
        };
        const double numeric = (energy_at(kStep) - energy_at(-kStep)) / (2 * kStep);
        const double analytic = 2 * (turn ? gradient[j].turn : gradient[j].move)[axis];
        EXPECT_NEAR(analytic, numeric, 1e-6 * std::max(1.0, std::abs(numeric)));  // rounding of the differences
      }
    }
  }
}

TEST(MotionSolver, OneStepSolvesWhatIsLinear) {
  // Targets of a pure translation, reached from rest: the energy is quadratic in the translations.
  ThreadPool pool(1);
  const DeformationGraph graph = build_graph(tube(500, 2), 20, pool);
  const glm::dvec3 move(0.02, -0.01, 0.03);
  MotionTerms terms{.planes = {}, .rigidity = 1};
  for (uint32_t s = 0; s < 500; ++s) {
    terms.planes.push_back({s, graph.samples[s].position + move, graph.samples[s].normal, 1, 1});
  }
  MotionSolver solver(graph);
  const GraphPose pose = moved(rest_pose(graph), solver.step(rest_pose(graph), terms, 1e-12));
  for (const NodeMotion& node : pose) EXPECT_LT(glm::length(node.translation - move), 1e-6);
}

double worst_of(const DeformationGraph& graph, const GraphPose& pose, glm::dvec3 (*truth)(glm::dvec3)) {
  double worst = 0;
  for (const GraphSample& sample : graph.samples) {
    worst = std::max(worst, glm::length(warped(graph, pose, sample.weights, sample.position) - truth(sample.position)));
  }
  return worst;
}

struct RecoveredTube {
  double worst_m = 0;  // of the samples, from where they went
  MotionFit fit;
};

RecoveredTube recover_tube(glm::dvec3 (*truth)(glm::dvec3)) {
  ThreadPool pool(2);
  const DeformationGraph graph = build_graph(tube(1500, 1), 50, pool);
  MotionSolver solver(graph);
  const MotionFit fit = fit_motion(graph, solver, rest_pose(graph), moved_points(tube(3000, 7), truth), {}, pool);
  return {worst_of(graph, fit.pose, truth), fit};
}

TEST(FitMotion, RecoversARigidMotion) {
  const RecoveredTube recovered = recover_tube(turned_and_moved);
  EXPECT_LT(recovered.worst_m, 0.025);  // of 0.15 m; along the tube only colours tell
  EXPECT_LT(recovered.fit.fit.residual_m, 0.003);
  EXPECT_EQ(recovered.fit.fit.uncovered, 0);
}

TEST(FitMotion, RecoversASmoothBend) {
  EXPECT_LT(recover_tube(bent).worst_m, 0.02);  // of 0.12 m
}

TEST(FitMotion, TellsOfWhatTheModelDoesNotCover) {
  ThreadPool pool(2);
  const DeformationGraph graph = build_graph(tube(1500, 1), 50, pool);
  MotionSolver solver(graph);
  std::vector<StartPoint> target = tube(3000, 7);
  for (size_t i = 0; i < 600; ++i) target[i].position.y += 0.8f;
  EXPECT_NEAR(fit_motion(graph, solver, rest_pose(graph), target, {}, pool).fit.uncovered, 0.2, 0.02);
}

TEST(FitMotion, ThreadsDoNotChangeABit) {
  const auto pose_with = [](int threads) {
    ThreadPool pool(threads);
    const DeformationGraph graph = build_graph(tube(800, 1), 30, pool);
    MotionSolver solver(graph);
    return fit_motion(graph, solver, rest_pose(graph), moved_points(tube(900, 7), bent), {.iterations = 6}, pool).pose;
  };
  const GraphPose one = pose_with(1), three = pose_with(3);
  for (size_t j = 0; j < one.size(); ++j) {
    EXPECT_EQ(one[j].translation, three[j].translation);
    EXPECT_EQ(one[j].rotation, three[j].rotation);
  }
}

TEST(CarriedSplats, TurnWithARigidMotionAndKeepWhatFineTuningChanged) {
  ThreadPool pool(1);
  const std::vector<StartPoint> points = tube(600, 1);
  const DeformationGraph graph = build_graph(points, 20, pool);
  const SplatCloud cloud = splats_at(points, 1, pool);
  const SplatLayout layout{.sh_degree = 1};
  AlignedVector<float> records = records_from_cloud(cloud);
  const CarriedSplats carried = carried_splats(graph, records, layout, pool);
  records[1] += 0.01f;                // splat 0 is not where the graph carries it
  records[layout.rest(0, 3)] = 0.5f;  // -x is brighter in red
  const glm::dquat turn = glm::angleAxis(std::numbers::pi / 2, glm::dvec3(0, 0, 1));
  GraphPose pose;
  for (const glm::dvec3& node : graph.nodes) pose.push_back({turn, turn * node - node});
  const AlignedVector<float> now = moved(carried, graph, rest_pose(graph), pose, records, layout, pool);
  for (size_t i = 0; i < 2; ++i) {
    const float* const was = records.data() + i * layout.stride();
    const float* const is = now.data() + i * layout.stride();
    EXPECT_NEAR(is[0], -was[1], 1e-5f);
    EXPECT_NEAR(is[1], was[0], 1e-5f);
    EXPECT_NEAR(is[2], was[2], 1e-5f);
    EXPECT_EQ(is[SplatLayout::kOpacity], was[SplatLayout::kOpacity]);
  }
  // Degree 1 is (-y, z, -x): what was along -x is now along -y.
  EXPECT_NEAR(now[layout.rest(0, 1)], 0.5f, 1e-5f);
  EXPECT_NEAR(now[layout.rest(0, 3)], 0.0f, 1e-5f);
}

}  // namespace
}  // namespace diorama::test
