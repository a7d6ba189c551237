#include "reconstruction/fusion/band_blocks.h"

#include <algorithm>
#include <cmath>

namespace diorama {

BandBlocks band_blocks(const Camera& depth_camera, const FusionOptions& options) {
  const float block_m = kBlockEdge * options.voxel_m;
  // At the farthest depth a block still gets two samples a side; 4 px apart at most, so that thin things are not
  // missed.
  const float block_px = block_m * std::min(depth_camera.focal_px.x, depth_camera.focal_px.y) / options.depth_max_m;
  const Rigid& pose = depth_camera.world_from_camera;
  const glm::vec2 per_px = 1.0f / depth_camera.focal_px;
  return {.blocks_per_m = 1 / block_m,
          .truncation_m = options.truncation_voxels * options.voxel_m,
          .stride_px = static_cast<int>(std::clamp(block_px / 2.5f, 1.0f, 4.0f)),
          .origin_in_world = pose.translation,
          .ray_corner = pose.rotation * glm::vec3(-depth_camera.center_px * per_px, 1.0f),
          .ray_per_u = pose.rotation[0] * per_px.x,
          .ray_per_v = pose.rotation[1] * per_px.y};
}

void BandCollector::add(glm::ivec3 coord) {
  const uint64_t key = BlockGrid::key_of(coord);
  uint64_t& slot = seen_[(key ^ key >> 18 ^ key >> 36) % seen_.size()];
  if (slot == key) return;
  slot = key;
  if (!grid_.find(key)) keys_.push_back(key);
}

void BandCollector::collect(const BandRow& row, int count, int y) {
  glm::ivec3 last_from(INT32_MIN), last_to(INT32_MIN);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    if (row.z_m[at] == 0) continue;
    const glm::ivec3 from(row.from[0][at], row.from[1][at], row.from[2][at]);
    const glm::ivec3 to(row.to[0][at], row.to[1][at], row.to[2][at]);
    if (from == last_from && to == last_to) continue;
    last_from = from;
    last_to = to;
    if (!BlockGrid::in_range(from - 1) || !BlockGrid::in_range(from + 1)) continue;  // rounding may move it by one
    if (!BlockGrid::in_range(to - 1) || !BlockGrid::in_range(to + 1)) continue;
    if (from == to) {
      add(from);
    } else {
      const glm::vec2 pixel = glm::vec2(blocks_.stride_px / 2 + i * blocks_.stride_px, y) + 0.5f;
      traverse(blocks_.ray(pixel), row.z_m[at]);
    }
  }
}

// Grid traversal (Amanatides and Woo 1987): always cross the nearest of the next three faces.
void BandCollector::traverse(glm::vec3 ray, float z_m) {
  const glm::vec3 from =
      (blocks_.origin_in_world + ray * std::max(z_m - blocks_.truncation_m, 0.0f)) * blocks_.blocks_per_m;
  const glm::vec3 to = (blocks_.origin_in_world + ray * (z_m + blocks_.truncation_m)) * blocks_.blocks_per_m;
  glm::ivec3 block(glm::floor(from));
  const glm::ivec3 last(glm::floor(to));
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
  add(block);
  const glm::ivec3 distance = glm::abs(last - block);
  for (int left = distance.x + distance.y + distance.z; left > 0; --left) {
    int axis = next.x <= next.y ? 0 : 1;
    if (next.z < next[axis]) axis = 2;
    block[axis] += step[axis];
    next[axis] = block[axis] == last[axis] ? 2.0f : next[axis] + per_block[axis];
    add(block);
  }
}

}  // namespace diorama
