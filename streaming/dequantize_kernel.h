#pragma once

#include "engine/base/aligned_vector.h"
#include "streaming/node_motion.h"

#include <glm/glm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Splats that follow nodes, array by array, padded with splats at the origin to a multiple of kSplatLanes.
inline constexpr size_t kSplatLanes = 16;
struct SkinnedSplats {
  std::array<AlignedVector<float>, 3> base;
  std::array<AlignedVector<int32_t>, kNodesOfSplat> nodes;  // rows of the node table
  std::array<AlignedVector<float>, kNodesOfSplat> weights;

  // Of NodeMotion; where that has no nodes, all follow row 0.
  SkinnedSplats(std::span<const glm::vec3> base, const NodeMotion& motion);
};

// A row of the node table: rotation x, y, z, w; place; place + shift.
inline constexpr size_t kNodeRow = 10;

// What the lossy stream holds of some splats, array by array, and where it goes. `count` is a multiple of kSplatLanes
// in `rest` and `rotation`; the outputs have room for as many.
struct MovedSplats {
  std::array<const float*, 3> rest, rotation;
  float* positions = nullptr;  // x, y, z of each
  float* rotations_xyzw = nullptr;
};

// As NodeMotion::predict() and docs/splat_video.md have it, for splats [first, first + count).
void move_splats(const SkinnedSplats& splats, const float* node_table, size_t first, size_t count,
                 const MovedSplats& moved);

}  // namespace diorama
