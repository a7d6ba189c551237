#include "reconstruction/fusion/band_blocks.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

void add(glm::ivec3 coord, const BlockGrid& grid, BandBlockFilter& filter, std::vector<uint64_t>& keys) {
  const uint64_t key = BlockGrid::key_of(coord);
  if (filter.is_new(key) && !grid.find(key)) keys.push_back(key);
}

}  // namespace

void BandBlocks::collect(glm::vec3 origin_in_world, glm::vec3 ray, float z_m, const BlockGrid& grid,
                         BandBlockFilter& filter, std::vector<uint64_t>& keys) const {
  const glm::vec3 from = (origin_in_world + ray * std::max(z_m - truncation_m, 0.0f)) * blocks_per_m;
  const glm::vec3 to = (origin_in_world + ray * (z_m + truncation_m)) * blocks_per_m;
  constexpr auto kLimit = static_cast<float>(kBlockCoordLimit - 2);
  const glm::vec3 reach = glm::max(glm::abs(from), glm::abs(to));
  if (!(reach.x < kLimit && reach.y < kLimit && reach.z < kLimit)) return;
  glm::ivec3 block(glm::floor(from));
  const glm::ivec3 last(glm::floor(to));
  add(block, grid, filter, keys);
  if (block == last) return;

  // Grid traversal (Amanatides and Woo 1987): always cross the nearest of the next three faces.
  const glm::vec3 along = to - from;
  glm::ivec3 step(0);
  glm::vec3 next(2.0f), per_block(0.0f);  // in shares of the segment
  for (int axis = 0; axis < 3; ++axis) {
    if (block[axis] == last[axis]) continue;
    step[axis] = along[axis] > 0 ? 1 : -1;
    per_block[axis] = std::abs(1 / along[axis]);
    const float face = static_cast<float>(block[axis] + (along[axis] > 0 ? 1 : 0));
    next[axis] = (face - from[axis]) / along[axis];
  }
  const glm::ivec3 distance = glm::abs(last - block);
  for (int left = distance.x + distance.y + distance.z; left > 0; --left) {
    int axis = next.x <= next.y ? 0 : 1;
    if (next.z < next[axis]) axis = 2;
    block[axis] += step[axis];
    next[axis] = block[axis] == last[axis] ? 2.0f : next[axis] + per_block[axis];
    add(block, grid, filter, keys);
  }
}

BandBlocks band_blocks(const Camera& depth_camera, const FusionOptions& options) {
  const float block_m = kBlockEdge * options.voxel_m;
  // At the farthest depth a block still gets two samples a side; 4 px apart at most, so that thin things are not
  // missed.
  const float block_px = block_m * std::min(depth_camera.focal_px.x, depth_camera.focal_px.y) / options.depth_max_m;
  return {.blocks_per_m = 1 / block_m,
          .truncation_m = options.truncation_voxels * options.voxel_m,
          .stride_px = static_cast<int>(std::clamp(block_px / 2.5f, 1.0f, 4.0f))};
}

}  // namespace diorama
