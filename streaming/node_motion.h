#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/splat_sequence.h"

#include <glm/glm.hpp>

#include <array>
#include <span>
#include <vector>

namespace diorama {

// A node's rigid motion about its place in the base: p -> rotate(rotation, p - place) + place + shift_m.
struct NodeTransform {
  glm::vec4 rotation_xyzw{0, 0, 0, 1};
  glm::vec3 shift_m{0};
};

inline constexpr size_t kNodesOfSplat = 4;
inline constexpr size_t kLeastNodes = kNodesOfSplat + 1;

// The nodes that carry a splat, the heaviest first; weights add up to 1.
struct SplatNodes {
  std::array<uint16_t, kNodesOfSplat> nodes{};
  std::array<float, kNodesOfSplat> weights{};
};

// Where a splat goes: its centre, and by how much its frame turns.
struct PredictedMotion {
  glm::vec3 position;
  glm::vec4 rotation_xyzw;
};

// How a group of splats moves, but for a small rest: each splat is carried by the nodes nearest to it (linear blend
// skinning, as embedded deformation has it: Sumner et al. 2007). Splats 0 to node_count - 1 of the base are the nodes.
class NodeMotion {
 public:
  // node_count 0: nothing moves; else at least kLeastNodes and at most the splats.
  // Weight of the k-th nearest node: (1 - d_k / d_5)^2, d_5 the distance of the fifth, made to add up to 1.
  NodeMotion(std::span<const glm::vec3> base, size_t node_count, ThreadPool& pool);

  size_t node_count() const { return node_count_; }
  const std::vector<SplatNodes>& splats() const { return splats_; }  // empty without nodes

  // `transforms`: node_count() of them.
  PredictedMotion predict(size_t splat, std::span<const NodeTransform> transforms) const;

 private:
  std::vector<glm::vec3> base_;
  size_t node_count_;
  std::vector<SplatNodes> splats_;
};

// Splats that are spread evenly (each next one the farthest from those before), for nodes.
std::vector<uint32_t> spread_splats(std::span<const glm::vec3> positions, size_t count);

// The transforms that best carry the base to `positions`: each node's own rigid motion of the splats around it, least
// squares with the skinning's weights (Kabsch).
std::vector<NodeTransform> fit_transforms(const NodeMotion& motion, std::span<const glm::vec3> base,
                                          std::span<const glm::vec3> positions);

}  // namespace diorama
