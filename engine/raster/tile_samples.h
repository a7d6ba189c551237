#pragma once

#include "engine/raster/screen_triangles.h"

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace diorama {

// Which triangle each sample of a tile sees.

constexpr int kSampleLanes = 8;
constexpr uint32_t kNoTriangle = ~uint32_t{0};

// Samples of a tile in blocks of 8: 2x1 pixels with 4 samples each, or 4x2 pixels with their centres. Blocks run along
// rows; lane l of a block belongs to pixel l / samples_per_pixel of it, row by row.
struct SamplePlane {
  explicit SamplePlane(int samples_per_pixel_);

  int samples_per_pixel;
  int block_width_bits, block_height_bits;                           // powers of two, pixels
  alignas(32) std::array<int32_t, kSampleLanes> lane_x{}, lane_y{};  // from the block's corner, grid steps
  std::vector<float> inverse_z;                                      // 0: nothing
  std::vector<uint32_t> id;

  int block_width() const { return 1 << block_width_bits; }
  int block_height() const { return 1 << block_height_bits; }
  int blocks_per_row() const { return kTileSize >> block_width_bits; }
  void clear();

  // Place of a sample of pixel (x, y) of the tile.
  size_t index(int x, int y, int sample) const {
    const int block = (y >> block_height_bits) * blocks_per_row() + (x >> block_width_bits);
    const int pixel = (y & (block_height() - 1)) * block_width() + (x & (block_width() - 1));
    return static_cast<size_t>(block * kSampleLanes + pixel * samples_per_pixel + sample);
  }
};

// A triangle as one tile sees it: edge(x, y) = at_origin + dx * x + dy * y >= 0 inside, x and y in grid steps from the
// tile's corner. Exact: a sample on an edge that two triangles share belongs to just one of them.
struct TileTriangle {
  int32_t edge_at_origin[3], edge_dx[3], edge_dy[3];
  float inverse_z_at_origin = 0, inverse_z_dx = 0, inverse_z_dy = 0;  // a grid step
  float inverse_z_min = 0, inverse_z_max = 0;
  glm::ivec2 min_px{0}, max_px{-1};  // in the tile, inclusive
};

// False if no sample of the tile can be inside.
bool make_tile_triangle(const ScreenTriangle& triangle, const Viewport& viewport, glm::ivec2 tile,
                        TileTriangle& result);

// Depth-tests the triangle against the plane and writes `id` where it is nearer than what is there (the first wins a
// tie). SIMD, dispatched at run time.
void draw_opaque(const TileTriangle& triangle, uint32_t id, SamplePlane& plane);

// The same samples one by one: visit(index into the plane, x, y, inverse_z), x and y in grid steps from the tile's
// corner, for those nearer than what the plane holds.
template <class Visit>
void visit_samples(const TileTriangle& t, const SamplePlane& plane, Visit&& visit) {
  for (int by = t.min_px.y >> plane.block_height_bits; by <= t.max_px.y >> plane.block_height_bits; ++by) {
    for (int bx = t.min_px.x >> plane.block_width_bits; bx <= t.max_px.x >> plane.block_width_bits; ++bx) {
      const size_t first = static_cast<size_t>(by * plane.blocks_per_row() + bx) * kSampleLanes;
      for (size_t lane = 0; lane < kSampleLanes; ++lane) {
        const int x = bx * plane.block_width() * kSampleGrid + plane.lane_x[lane];
        const int y = by * plane.block_height() * kSampleGrid + plane.lane_y[lane];
        int32_t outside = 0;
        for (int e = 0; e < 3; ++e) outside |= t.edge_at_origin[e] + t.edge_dx[e] * x + t.edge_dy[e] * y;
        if (outside < 0) continue;
        const float plane_value =
            t.inverse_z_at_origin + t.inverse_z_dy * static_cast<float>(y) + t.inverse_z_dx * static_cast<float>(x);
        const float inverse_z = std::min(std::max(plane_value, t.inverse_z_min), t.inverse_z_max);
        if (inverse_z > plane.inverse_z[first + lane]) visit(first + lane, x, y, inverse_z);
      }
    }
  }
}

}  // namespace diorama
