#pragma once

#include "engine/scene/camera.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <array>
#include <vector>

namespace diorama {

// Remembers the last keys seen, one a slot: neighbouring samples mostly touch the same blocks.
struct BandBlockFilter {
  std::array<uint64_t, 64> seen{};

  bool is_new(uint64_t key) {
    uint64_t& slot = seen[(key ^ key >> 18 ^ key >> 36) & 63];
    if (slot == key) return false;
    slot = key;
    return true;
  }
};

// Which blocks a view needs: those that a strided set of its rays crosses within the truncation around the depth.
struct BandBlocks {
  float blocks_per_m = 0, truncation_m = 0;
  int stride_px = 1;

  // Appends the keys of blocks that the grid lacks. `ray`: world direction with planar z = 1.
  void collect(glm::vec3 origin_in_world, glm::vec3 ray, float z_m, const BlockGrid& grid, BandBlockFilter& filter,
               std::vector<uint64_t>& keys) const;
};

BandBlocks band_blocks(const Camera& depth_camera, const FusionOptions& options);

}  // namespace diorama
