#include "reconstruction/fusion/cull.h"

#include <algorithm>
#include <limits>

namespace diorama {
namespace {

constexpr size_t kPiece = 2048;  // blocks

// Range of the homogeneous coordinates over a block's voxel centres.
struct BlockBox {
  glm::vec3 low, high;
};

BlockBox box_of(const BlockProjector& projector, glm::ivec3 coord) {
  const glm::vec3 first = projector.first_voxel(coord);
  BlockBox box{first, first};
  for (int axis = 0; axis < 3; ++axis) {
    const glm::vec3 edge = projector.matrix[axis] * static_cast<float>(kBlockEdge - 1);
    box.low += glm::min(edge, glm::vec3(0.0f));
    box.high += glm::max(edge, glm::vec3(0.0f));
  }
  return box;
}

struct DepthRange {
  float min_m = std::numeric_limits<float>::infinity(), max_m = 0;
};

DepthRange depth_under(const PreparedView& view, glm::ivec2 first_px, glm::ivec2 last_px) {
  DepthRange range;
  for (int y = first_px.y / kDepthTilePx; y <= last_px.y / kDepthTilePx; ++y) {
    for (int x = first_px.x / kDepthTilePx; x <= last_px.x / kDepthTilePx; ++x) {
      const size_t tile = static_cast<size_t>(y) * static_cast<size_t>(view.tiles.x) + static_cast<size_t>(x);
      range.min_m = std::min(range.min_m, view.tile_min_m[tile]);
      range.max_m = std::max(range.max_m, view.tile_max_m[tile]);
    }
  }
  return range;
}

// Adds the block if measurements under its image reach it.
void test_block(uint32_t block, const BlockBox& box, const PreparedView& view, const CullOptions& options,
                std::vector<ActiveBlock>& active) {
  const glm::vec2 size(view.depth_size);
  if (!(box.low.z > 0)) {  // around the camera: cannot be told by its image
    if (box.high.z > 0) active.push_back({block, false});
    return;
  }
  const auto ratio_min = [&](float a) { return a < 0 ? a / box.low.z : a / box.high.z; };
  const auto ratio_max = [&](float a) { return a < 0 ? a / box.high.z : a / box.low.z; };
  const glm::vec2 low(ratio_min(box.low.x), ratio_min(box.low.y)), high(ratio_max(box.high.x), ratio_max(box.high.y));
  if (!(high.x >= 0 && high.y >= 0 && low.x < size.x && low.y < size.y)) return;
  const glm::ivec2 first(glm::max(low, glm::vec2(0.0f))), last(glm::min(high, size - 1.0f));
  const DepthRange depth = depth_under(view, first, last);
  if (box.low.z > depth.max_m + options.truncation_m) return;
  if (!options.carve && box.high.z < depth.min_m - options.truncation_m) return;
  // A pixel's width inside, so that rounding cannot carry a voxel out.
  active.push_back({block, low.x > 1 && low.y > 1 && high.x < size.x - 1 && high.y < size.y - 1});
}

}  // namespace

void BlockCuller::cull(const BlockGrid& grid, const PreparedView& view, const CullOptions& options, ThreadPool& pool,
                       std::vector<ActiveBlock>& active) {
  const BlockProjector projector(view.depth_from_world, options.voxel_m);
  const float farthest = view.farthest_m + options.truncation_m;
  const glm::vec2 size(view.depth_size);
  pieces_.resize((grid.size() + kPiece - 1) / kPiece);
  pool.parallel_for(grid.size(), kPiece, [&](size_t begin, size_t end) {
    auto& piece = pieces_[begin / kPiece];
    piece.clear();
    for (size_t block = begin; block < end; ++block) {
      const BlockBox box = box_of(projector, grid.coord(block));
      // x / z >= 0 and x / z < width, without the division: all of the box is on one side.
      const bool outside = box.high.z <= 0 || box.low.z > farthest || box.high.x < 0 || box.high.y < 0 ||
                           box.low.x > size.x * box.high.z || box.low.y > size.y * box.high.z;
      if (!outside) test_block(static_cast<uint32_t>(block), box, view, options, piece);
    }
  });
  active.clear();
  for (const auto& piece : pieces_) active.insert(active.end(), piece.begin(), piece.end());
}

}  // namespace diorama
