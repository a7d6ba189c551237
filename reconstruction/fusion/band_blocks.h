#pragma once

#include "engine/scene/camera.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/tsdf_volume.h"
#include "reconstruction/fusion/view.h"

#include <array>
#include <vector>

namespace diorama {

// Which blocks a view needs: those that a strided set of its rays crosses within the truncation around the depth.
struct BandBlocks {
  float blocks_per_m = 0, truncation_m = 0;
  int stride_px = 1;
  // World rays of planar z = 1 are ray_corner + u * ray_per_u + v * ray_per_v at pixel (u, v).
  glm::vec3 origin_in_world{0.0f}, ray_corner{0.0f}, ray_per_u{0.0f}, ray_per_v{0.0f};

  glm::vec3 ray(glm::vec2 pixel) const { return ray_corner + ray_per_u * pixel.x + ray_per_v * pixel.y; }
};

BandBlocks band_blocks(const Camera& depth_camera, const FusionOptions& options);

// Samples of one row of pixels: their depth, and the blocks where the band begins and ends along their rays.
struct BandRow {
  explicit BandRow(int width) : z_m(static_cast<size_t>(width) + 8) {
    for (auto& values : from) values.resize(z_m.size());
    for (auto& values : to) values.resize(z_m.size());
  }
  std::vector<float> z_m;  // 0: no measurement
  std::array<std::vector<int32_t>, 3> from, to;
};

// Fills the samples at x = stride / 2, + stride, ... of row y; returns how many there are.
int sample_row(const BandBlocks& blocks, const PackedDepth* depth, int width, int y, BandRow& row);

// Collects the keys of blocks that the grid lacks, row by row.
class BandCollector {
 public:
  BandCollector(const BandBlocks& blocks, const BlockGrid& grid, std::vector<uint64_t>& keys)
      : blocks_(blocks), grid_(grid), keys_(keys) {}

  void collect(const BandRow& row, int count, int y);

 private:
  void traverse(glm::vec3 ray, float z_m);
  void add(glm::ivec3 coord);

  const BandBlocks& blocks_;
  const BlockGrid& grid_;
  std::vector<uint64_t>& keys_;
  std::array<uint64_t, 256> seen_{};  // the last keys, one a slot: neighbouring rays mostly touch the same blocks
};

}  // namespace diorama
