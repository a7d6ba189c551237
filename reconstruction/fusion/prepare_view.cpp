#include "reconstruction/fusion/prepare_view.h"

#include "engine/base/error.h"
#include "reconstruction/fusion/band_blocks.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace diorama {
namespace {

constexpr uint32_t kNothingNear = 0x7f800000;  // +infinity

bool same_pinhole(const Camera& a, const Camera& b) {
  return a.size_px == b.size_px && a.focal_px == b.focal_px && a.center_px == b.center_px;
}

bool same_pose(const Camera& a, const Camera& b) {
  return a.world_from_camera.rotation == b.world_from_camera.rotation &&
         a.world_from_camera.translation == b.world_from_camera.translation;
}

void check_view(const FusionView& view) {
  DIO_CHECK(view.depth_m != nullptr && view.depth_m->size_px() == view.depth_camera.size_px);
  DIO_CHECK(view.confidence == nullptr || view.confidence->size_px() == view.depth_m->size_px());
  DIO_CHECK(view.color == nullptr || view.color->size_px() == view.color_camera.size_px);
  DIO_CHECK(view.mask == nullptr || view.mask->size_px() == view.color_camera.size_px);
}

// Which columns of the mask stand over the depth image's; a mask only reaches depth where both see along the same rays.
std::vector<int> mask_columns(const FusionView& view) {
  if (view.mask == nullptr || !same_pose(view.depth_camera, view.color_camera)) return {};
  const Camera &depth = view.depth_camera, &color = view.color_camera;
  std::vector<int> columns(static_cast<size_t>(depth.size_px.x));
  for (int x = 0; x < depth.size_px.x; ++x) {
    const float ray = (static_cast<float>(x) + 0.5f - depth.center_px.x) / depth.focal_px.x;
    const float u = std::floor(ray * color.focal_px.x + color.center_px.x);
    columns[static_cast<size_t>(x)] = u >= 0 && u < static_cast<float>(color.size_px.x) ? static_cast<int>(u) : -1;
  }
  return columns;
}

// One padded copy of a depth row, the mask applied.
class DepthRow {
 public:
  explicit DepthRow(int width) : values_(static_cast<size_t>(width) + kLead + 16, 0.0f) {}
  float* data() { return values_.data() + kLead; }

  void load(const FusionView& view, const std::vector<int>& columns, int y) {
    const int width = view.depth_m->width();
    const auto row = view.depth_m->row(std::clamp(y, 0, view.depth_m->height() - 1));
    std::memcpy(data(), row.data(), row.size_bytes());
    std::fill_n(data() - kPlaneReachPx, kPlaneReachPx, data()[0]);
    std::fill_n(data() + width, kPlaneReachPx, data()[width - 1]);
    if (columns.empty()) return;
    const Camera &depth = view.depth_camera, &color = view.color_camera;
    const float ray = (static_cast<float>(y) + 0.5f - depth.center_px.y) / depth.focal_px.y;
    const float v = std::floor(ray * color.focal_px.y + color.center_px.y);
    const bool outside = !(v >= 0 && v < static_cast<float>(color.size_px.y));
    for (int x = 0; x < width; ++x) {
      const int u = columns[static_cast<size_t>(x)];
      if (u >= 0 && !outside && view.mask->at(u, static_cast<int>(v)) == 0) data()[x] = 0;
    }
  }

 private:
  static constexpr size_t kLead = 8;
  std::vector<float> values_;
};

void reduce_tiles(int tile_row, std::span<const float> low, std::span<const float> high, PreparedView& prepared) {
  const auto width = static_cast<size_t>(prepared.depth_size.x);
  for (size_t tile = 0; tile < static_cast<size_t>(prepared.tiles.x); ++tile) {
    const size_t begin = tile * kDepthTilePx, end = std::min(width, begin + kDepthTilePx);
    const size_t out = static_cast<size_t>(tile_row) * static_cast<size_t>(prepared.tiles.x) + tile;
    prepared.tile_min_m[out] = *std::min_element(low.begin() + begin, low.begin() + end);
    prepared.tile_max_m[out] = *std::max_element(high.begin() + begin, high.begin() + end);
  }
}

// Packs the rows of one row of tiles.
void pack_band(const FusionView& view, const FusionOptions& options, const std::vector<int>& columns, int tile_row,
               PreparedView& prepared) {
  const int width = view.depth_m->width();
  const int begin = tile_row * kDepthTilePx, end = std::min(view.depth_m->height(), begin + kDepthTilePx);
  std::vector<float> low(static_cast<size_t>(width) + 16, std::numeric_limits<float>::infinity());
  std::vector<float> high(static_cast<size_t>(width) + 16, 0.0f);
  constexpr int kRows = 2 * kPlaneReachPx + 1;
  std::vector<DepthRow> rows(kRows, DepthRow(width));
  const auto row = [&](int y) -> DepthRow& { return rows[static_cast<size_t>((y + kRows) % kRows)]; };
  for (int y = begin - kPlaneReachPx; y < begin + kPlaneReachPx; ++y) row(y).load(view, columns, y);
  for (int y = begin; y < end; ++y) {
    row(y + kPlaneReachPx).load(view, columns, y + kPlaneReachPx);
    DepthRowInput input{.rows = {},
                        .confidence = view.confidence ? view.confidence->row(y).data() : nullptr,
                        .width = width,
                        .min_m = options.depth_min_m,
                        .max_m = options.depth_max_m,
                        .discontinuity = options.discontinuity};
    for (int k = 0; k < kRows; ++k) input.rows[static_cast<size_t>(k)] = row(y + k - kPlaneReachPx).data();
    pack_depth_row(input, prepared.depth.data() + static_cast<size_t>(y) * static_cast<size_t>(width), low.data(),
                   high.data());
  }
  reduce_tiles(tile_row, low, high, prepared);
}

void prepare_color(const FusionView& view, ThreadPool& pool, PreparedView& prepared) {
  prepared.color = nullptr;
  prepared.color_size = view.color_camera.size_px;
  if (view.color == nullptr) return;
  const auto pixels = view.color->pixels();
  if (view.mask == nullptr) {
    prepared.color = pixels.data();
  } else {
    prepared.masked_color.resize(pixels.size());
    const auto mask = view.mask->pixels();
    pool.parallel_for(pixels.size(), 1 << 16, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        prepared.masked_color[i] = mask[i] == 0 ? glm::u8vec4(0) : pixels[i];
      }
    });
    prepared.color = prepared.masked_color.data();
  }
  prepared.color_is_registered =
      same_pinhole(view.depth_camera, view.color_camera) && same_pose(view.depth_camera, view.color_camera);
  prepared.color_from_world = projection_of(view.color_camera);
}

// Cells of 8 colour pixels, or as wide as the gaps that the strided depth samples leave there.
void begin_nearest_in_color(const FusionView& view, int stride, PreparedView& prepared) {
  prepared.nearest_in_color_m.clear();
  const bool one_center =
      view.depth_camera.world_from_camera.translation == view.color_camera.world_from_camera.translation;
  if (prepared.color == nullptr || one_center) return;
  const float gap_px = static_cast<float>(stride) * view.color_camera.focal_px.x / view.depth_camera.focal_px.x;
  const float cell_px = std::max(8.0f, 2 * gap_px);
  prepared.nearest_cells_per_px = 1 / cell_px;
  prepared.nearest_size =
      glm::ivec2(glm::ceil(glm::vec2(prepared.color_size) * prepared.nearest_cells_per_px)) + glm::ivec2(1);
  prepared.nearest_in_color_m.assign(
      static_cast<size_t>(prepared.nearest_size.x) * static_cast<size_t>(prepared.nearest_size.y), kNothingNear);
}

// Lowers the cell that sees a measured point. The minimum does not depend on the order of the samples.
void splat_nearest(glm::vec3 p_in_world, PreparedView& prepared) {
  const glm::vec3 h = prepared.color_from_world.matrix * p_in_world + prepared.color_from_world.offset;
  if (!(h.z > 0)) return;
  const glm::vec2 cell = glm::floor(glm::vec2(h) / h.z * prepared.nearest_cells_per_px);
  if (!(cell.x >= 0 && cell.y >= 0 && cell.x < static_cast<float>(prepared.nearest_size.x) &&
        cell.y < static_cast<float>(prepared.nearest_size.y))) {
    return;
  }
  const auto index =
      static_cast<size_t>(cell.y) * static_cast<size_t>(prepared.nearest_size.x) + static_cast<size_t>(cell.x);
  const std::atomic_ref<uint32_t> nearest(prepared.nearest_in_color_m[index]);
  const auto bits = std::bit_cast<uint32_t>(h.z);
  uint32_t seen = nearest.load(std::memory_order_relaxed);
  while (bits < seen && !nearest.compare_exchange_weak(seen, bits, std::memory_order_relaxed)) {
  }
}

// Every stride-th measurement of a row of tiles: blocks that the band touches, and what the colour camera sees nearest.
void sample_band(const BandBlocks& blocks, const BlockGrid& grid, int tile_row, PreparedView& prepared) {
  const int stride = blocks.stride_px, width = prepared.depth_size.x;
  const int end = std::min(prepared.depth_size.y, (tile_row + 1) * kDepthTilePx);
  auto& keys = prepared.band_keys[static_cast<size_t>(tile_row)];
  keys.clear();
  BandCollector collector(blocks, grid, keys);
  BandRow row(width);
  for (int y = tile_row * kDepthTilePx + stride / 2; y < end; y += stride) {
    const PackedDepth* depth = prepared.depth.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
    const int count = sample_row(blocks, depth, width, y, row);
    collector.collect(row, count, y);
    if (prepared.nearest_in_color_m.empty()) continue;
    for (int i = 0; i < count; ++i) {
      const float z = row.z_m[static_cast<size_t>(i)];
      const glm::vec2 pixel = glm::vec2(stride / 2 + i * stride, y) + 0.5f;
      if (z > 0) splat_nearest(blocks.origin_in_world + blocks.ray(pixel) * z, prepared);
    }
  }
}

// Colour is read in scattered places later on; from memory, one wait for each would cost more than all arithmetic.
void touch_color(const PreparedView& prepared, int tile_row) {
  constexpr size_t kLine = 64 / sizeof(glm::u8vec4);
  const auto pixels = static_cast<size_t>(prepared.color_size.x) * static_cast<size_t>(prepared.color_size.y);
  const auto share = [&](int row) {
    return pixels * static_cast<size_t>(row) / static_cast<size_t>(prepared.tiles.y) / kLine * kLine;
  };
  for (size_t i = share(tile_row); i < share(tile_row + 1); i += kLine) hwy::Prefetch(prepared.color + i);
}

}  // namespace

Projection projection_of(const Camera& camera) {
  const Rigid camera_from_world = inverse(camera.world_from_camera);
  const glm::mat3 k(camera.focal_px.x, 0, 0, 0, camera.focal_px.y, 0, camera.center_px.x, camera.center_px.y, 1);
  return {k * camera_from_world.rotation, k * camera_from_world.translation};
}

void prepare_view(const FusionView& view, const FusionOptions& options, BlockGrid& grid, ThreadPool& pool,
                  PreparedView& prepared) {
  check_view(view);
  prepared.depth_from_world = projection_of(view.depth_camera);
  prepared.depth_size = view.depth_m->size_px();
  prepared.depth.resize(view.depth_m->pixels().size());
  prepared.tiles = (prepared.depth_size + kDepthTilePx - 1) / kDepthTilePx;
  const auto tile_count = static_cast<size_t>(prepared.tiles.x) * static_cast<size_t>(prepared.tiles.y);
  prepared.tile_min_m.resize(tile_count);
  prepared.tile_max_m.resize(tile_count);
  prepared.band_keys.resize(static_cast<size_t>(prepared.tiles.y));
  prepare_color(view, pool, prepared);
  const BandBlocks blocks = band_blocks(view.depth_camera, options);
  begin_nearest_in_color(view, blocks.stride_px, prepared);
  const std::vector<int> columns = mask_columns(view);
  pool.parallel_for(static_cast<size_t>(prepared.tiles.y), 2, [&](size_t begin, size_t end) {
    for (auto tile_row = static_cast<int>(begin); tile_row < static_cast<int>(end); ++tile_row) {
      pack_band(view, options, columns, tile_row, prepared);
      sample_band(blocks, grid, tile_row, prepared);
      if (prepared.color != nullptr) touch_color(prepared, tile_row);
    }
  });
  for (const auto& keys : prepared.band_keys) {
    for (const uint64_t key : keys) grid.insert(key);
  }
  prepared.nearest_m = *std::min_element(prepared.tile_min_m.begin(), prepared.tile_min_m.end());
  prepared.farthest_m = *std::max_element(prepared.tile_max_m.begin(), prepared.tile_max_m.end());
}

}  // namespace diorama
