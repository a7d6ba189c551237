#include "engine/raster/tile_samples.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/tile_samples.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Plain multiplication and addition, never fused: every target gives the same bits.
void DrawOpaque(const TileTriangle& t, uint32_t id, SamplePlane& plane) {
  const hn::CappedTag<float, kSampleLanes> df;
  const hn::RebindToSigned<decltype(df)> di;
  const hn::RebindToUnsigned<decltype(df)> du;
  using VI = hn::Vec<decltype(di)>;
  const int step_x = plane.block_width() * kSampleGrid, step_y = plane.block_height() * kSampleGrid;
  const int first_x = t.min_px.x >> plane.block_width_bits, last_x = t.max_px.x >> plane.block_width_bits;
  const int first_y = t.min_px.y >> plane.block_height_bits, last_y = t.max_px.y >> plane.block_height_bits;
  // In the box of a small triangle most blocks are hit, and a wrong guess costs more than the work.
  const bool wide = last_x - first_x >= 4;
  const auto z_min = hn::Set(df, t.inverse_z_min), z_max = hn::Set(df, t.inverse_z_max);
  const auto z_dx = hn::Set(df, t.inverse_z_dx), z_dy = hn::Set(df, t.inverse_z_dy);
  const auto z_origin = hn::Set(df, t.inverse_z_at_origin);
  const auto ids = hn::Set(du, id);
  for (size_t lane = 0; lane < kSampleLanes; lane += hn::Lanes(df)) {
    const VI lane_x = hn::Load(di, plane.lane_x.data() + lane), lane_y = hn::Load(di, plane.lane_y.data() + lane);
    const auto edge_in_lanes = [&](int e) HWY_ATTR {
      const int32_t first = t.edge_at_origin[e] + t.edge_dx[e] * first_x * step_x;
      return hn::Add(hn::Set(di, first),
                     hn::Add(hn::Mul(hn::Set(di, t.edge_dx[e]), lane_x), hn::Mul(hn::Set(di, t.edge_dy[e]), lane_y)));
    };
    const VI row0 = edge_in_lanes(0), row1 = edge_in_lanes(1), row2 = edge_in_lanes(2);
    const VI dx0 = hn::Set(di, t.edge_dx[0] * step_x), dx1 = hn::Set(di, t.edge_dx[1] * step_x),
             dx2 = hn::Set(di, t.edge_dx[2] * step_x);
    for (int by = first_y; by <= last_y; ++by) {
      VI e0 = hn::Add(row0, hn::Set(di, t.edge_dy[0] * by * step_y));
      VI e1 = hn::Add(row1, hn::Set(di, t.edge_dy[1] * by * step_y));
      VI e2 = hn::Add(row2, hn::Set(di, t.edge_dy[2] * by * step_y));
      const auto y = hn::ConvertTo(df, hn::Add(lane_y, hn::Set(di, by * step_y)));
      const auto z_row = hn::Add(z_origin, hn::Mul(z_dy, y));
      size_t index = static_cast<size_t>(by * plane.blocks_per_row() + first_x) * kSampleLanes + lane;
      for (int bx = first_x; bx <= last_x; ++bx, index += kSampleLanes) {
        const auto inside = hn::Gt(hn::Or(hn::Or(e0, e1), e2), hn::Set(di, -1));
        e0 = hn::Add(e0, dx0);
        e1 = hn::Add(e1, dx1);
        e2 = hn::Add(e2, dx2);
        if (wide && hn::AllFalse(di, inside)) continue;
        const auto x = hn::ConvertTo(df, hn::Add(lane_x, hn::Set(di, bx * step_x)));
        const auto z = hn::Min(hn::Max(hn::Add(z_row, hn::Mul(z_dx, x)), z_min), z_max);
        float* const stored_z = plane.inverse_z.data() + index;
        uint32_t* const stored_id = plane.id.data() + index;
        const auto old_z = hn::LoadU(df, stored_z);
        const auto nearer = hn::And(hn::RebindMask(df, inside), hn::Gt(z, old_z));
        hn::StoreU(hn::IfThenElse(nearer, z, old_z), df, stored_z);
        hn::StoreU(hn::IfThenElse(hn::RebindMask(du, nearer), ids, hn::LoadU(du, stored_id)), du, stored_id);
      }
    }
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

// Edge from a to b (grid of 2^-bits pixels) seen from the tile. Samples exactly on it count only where it is a top or
// left edge.
template <class Int>
struct Edge {
  Edge(glm::ivec2 a, glm::ivec2 b, glm::ivec2 tile_corner, int bits) : dx(a.y - b.y), dy(b.x - a.x) {
    const Int not_top_left = static_cast<Int>(!((dx > 0) | ((dx == 0) & (dy > 0))));
    const Int at_corner = dx * (tile_corner.x - a.x) + dy * (tile_corner.y - a.y) - not_top_left;
    // Samples sit on multiples of 2^(bits - 4): the rest of the division never decides.
    at_origin = at_corner >> (bits - 4);
  }
  Int dx, dy, at_origin;
};

// A triangle of at most a tile's size, near the tile: all numbers are below 2^29.
void set_small_edge(TileTriangle& t, int e, const Edge<int32_t>& edge) {
  t.edge_at_origin[e] = edge.at_origin;
  t.edge_dx[e] = edge.dx;
  t.edge_dy[e] = edge.dy;
}

// False: the whole tile is outside. An edge with the whole tile inside drops out; what is left fits 32 bits.
bool set_edge(TileTriangle& t, int e, const Edge<int64_t>& edge) {
  constexpr int64_t kExtent = kTileSize * kSampleGrid;
  if (edge.at_origin + (std::max<int64_t>(edge.dx, 0) + std::max<int64_t>(edge.dy, 0)) * kExtent < 0) return false;
  const int64_t least = edge.at_origin + (std::min<int64_t>(edge.dx, 0) + std::min<int64_t>(edge.dy, 0)) * kExtent;
  const int64_t keep = least >= 0 ? 0 : 1;
  t.edge_at_origin[e] = static_cast<int32_t>(keep * edge.at_origin);
  t.edge_dx[e] = static_cast<int32_t>(keep * edge.dx);
  t.edge_dy[e] = static_cast<int32_t>(keep * edge.dy);
  return true;
}

}  // namespace

SamplePlane::SamplePlane(int samples_per_pixel_)
    : samples_per_pixel(samples_per_pixel_),
      block_width_bits(samples_per_pixel_ == 4 ? 1 : 2),
      block_height_bits(samples_per_pixel_ == 4 ? 0 : 1),
      inverse_z(static_cast<size_t>(kTileSize * kTileSize * samples_per_pixel_)),
      id(inverse_z.size()) {
  DIO_CHECK(samples_per_pixel == 4 || samples_per_pixel == 1);
  for (int lane = 0; lane < kSampleLanes; ++lane) {
    const int pixel = lane / samples_per_pixel;
    const glm::ivec2 sample = samples_per_pixel == 4 ? kColorSamples[lane % 4] : kCenterSample;
    lane_x[static_cast<size_t>(lane)] = pixel % block_width() * kSampleGrid + sample.x;
    lane_y[static_cast<size_t>(lane)] = pixel / block_width() * kSampleGrid + sample.y;
  }
}

void SamplePlane::clear() {
  std::fill(inverse_z.begin(), inverse_z.end(), 0.0f);
  std::fill(id.begin(), id.end(), kNoTriangle);
}

bool make_tile_triangle(const ScreenTriangle& triangle, const Viewport& viewport, glm::ivec2 tile,
                        TileTriangle& result) {
  const glm::ivec2 tile_px = tile * kTileSize;
  result.min_px = glm::max(glm::ivec2(triangle.min_px) - tile_px, glm::ivec2(0));
  result.max_px = glm::min(glm::ivec2(triangle.max_px) - tile_px, glm::ivec2(kTileSize - 1));
  if (result.min_px.x > result.max_px.x || result.min_px.y > result.max_px.y) return false;
  const int bits = viewport.subpixel_bits;
  const glm::ivec2 tile_corner = tile_px << bits;
  for (int e = 0; e < 3; ++e) {
    const glm::ivec2 a = triangle.corner[e], b = triangle.corner[(e + 1) % 3];
    if (triangle.small) {
      set_small_edge(result, e, Edge<int32_t>(a, b, tile_corner, bits));
    } else if (!set_edge(result, e, Edge<int64_t>(a, b, tile_corner, bits))) {
      return false;
    }
  }
  const glm::vec2 to_tile = glm::vec2(tile_corner - triangle.corner[0]) * viewport.px_per_step;
  result.inverse_z_at_origin =
      triangle.inverse_z + triangle.inverse_z_dx * to_tile.x + triangle.inverse_z_dy * to_tile.y;
  result.inverse_z_dx = triangle.inverse_z_dx * (1.0f / kSampleGrid);
  result.inverse_z_dy = triangle.inverse_z_dy * (1.0f / kSampleGrid);
  result.inverse_z_min = triangle.inverse_z_min;
  result.inverse_z_max = triangle.inverse_z_max;
  return true;
}

HWY_EXPORT(DrawOpaque);

void draw_opaque(const TileTriangle& triangle, uint32_t id, SamplePlane& plane) {
  HWY_DYNAMIC_DISPATCH(DrawOpaque)(triangle, id, plane);
}

}  // namespace diorama
#endif  // HWY_ONCE
