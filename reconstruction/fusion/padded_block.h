#pragma once

#include "reconstruction/fusion/block_grid.h"

#include <array>

namespace diorama {

// A block with one voxel of its neighbours before and two after, as signed distances; NaN where too little was seen.
class PaddedBlock {
 public:
  static constexpr int kLow = -1, kEdge = kBlockEdge + 3;

  // Distances are scaled to [-1, 1].
  void load(const BlockGrid& grid, size_t block, float min_weight);

  // Coordinates from -1 to 9, relative to the block's first voxel.
  float at(glm::ivec3 p) const { return values_[index(p)]; }

  // Of the linear reading between neighbours; from one side only where the other was not seen.
  glm::vec3 gradient(glm::ivec3 p) const;

 private:
  static size_t index(glm::ivec3 p) {
    return static_cast<size_t>((p.x - kLow) + kEdge * ((p.y - kLow) + kEdge * (p.z - kLow)));
  }

  std::array<float, kEdge * kEdge * kEdge> values_;
};

}  // namespace diorama
