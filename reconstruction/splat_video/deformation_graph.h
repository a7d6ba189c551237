#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/splats/start_splats.h"

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace diorama {

// The nodes that carry a point; weights sum to 1.
struct NodeWeights {
  static constexpr size_t kCount = 4;
  std::array<uint32_t, kCount> node{};
  std::array<float, kCount> weight{};
};

// Motion of a node from rest: p' = rotation * (p - node) + node + translation.
struct NodeMotion {
  glm::dquat rotation{1, 0, 0, 0};  // unit
  glm::dvec3 translation{0.0};
};
using GraphPose = std::vector<NodeMotion>;  // one a node

// A point of the surface that the graph was made on.
struct GraphSample {
  glm::dvec3 position{0.0}, normal{0.0};
  glm::vec3 color{0.0f};
  NodeWeights weights;
};

// Embedded deformation (Sumner et al. 2007): a few nodes on a surface move rigidly, the space around them is blended.
// Neighbours and weights follow distances along the surface, so that parts which only touch are not tied together.
struct DeformationGraph {
  std::vector<glm::dvec3> nodes;                     // at rest
  std::vector<std::pair<uint32_t, uint32_t>> edges;  // first < second, sorted
  std::vector<GraphSample> samples;                  // at rest
  double spacing_m = 0;                              // of neighbouring nodes, on average
};

// Nodes are chosen far from each other among the points, which must have normals. `points` must not be empty.
DeformationGraph build_graph(std::span<const StartPoint> points, size_t node_count, ThreadPool& pool);

// Of points near the surface: those of the nearest sample.
std::vector<NodeWeights> weights_at(const DeformationGraph& graph, std::span<const glm::vec3> points, ThreadPool& pool);

glm::dvec3 warped(const DeformationGraph& graph, const GraphPose& pose, const NodeWeights& weights, glm::dvec3 point);

// The rotation of what the nodes carry: the weighted mean of theirs, normalised.
glm::dquat blended_rotation(const GraphPose& pose, const NodeWeights& weights);

inline GraphPose rest_pose(const DeformationGraph& graph) {
  return GraphPose(graph.nodes.size());
}

// The pose after `now` if every node goes on as it went from `before` to `now`.
GraphPose predicted(const GraphPose& before, const GraphPose& now);

}  // namespace diorama
