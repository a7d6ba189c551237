#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/base/thread_pool.h"
#include "engine/raster/splat_rasterizer.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

namespace diorama {

// Tiles are as wide as a vector of the kernels, so that a splat's terms in dx are constant down a tile.
inline constexpr int kSplatTileWidth = 8, kSplatTileHeight = 32;
static_assert(SplatPlanes::kRowMultiple % kSplatTileWidth == 0 && SplatPlanes::kColumnMultiple % kSplatTileHeight == 0);

inline constexpr float kSplatLowPass_px2 = 0.3f;          // added to the projected covariance's diagonal
inline constexpr float kSplatLeastCompensation = 0.005f;  // of the opacity, where antialiased
inline constexpr float kSplatMostAlpha = 0.99f;
inline constexpr float kSplatLeastTransmittance = 1e-4f;    // a pixel is done before it would fall below
inline constexpr float kSplatLeastLog2Alpha = -7.9943534f;  // log2(1 / 255): less is skipped
// Projection is linearised no farther out than 1.3 times half the picture, which leaves this share of it on each side.
inline constexpr float kSplatGuardBand = 0.15f;

// A call's constants, as the kernels read them.
struct SplatView {
  const float* records = nullptr;
  size_t record_count = 0;
  SplatLayout layout;
  float rotation[3][3];  // camera_from_world, rows
  float translation[3];
  float eye[3];  // in the world
  float focal_px[2], center_px[2];
  float least_slope[2], most_slope[2];  // bounds of x / z and y / z where the projection is linearised
  float near_m;
  float background[3];
  int sh_degree;
  bool antialiased, sort_by_z;
  SplatChannels channels;
  glm::ivec2 size_px, tiles;
};

// A splat on the screen. log2(alpha) = log2_opacity + falloff_x * dx^2 + falloff_y * (dy - slope * dx)^2: the LDL^T
// factors of the covariance, a sum of two terms <= 0 that loses no digits however thin the splat.
struct alignas(64) DrawnSplat {
  float mean_px[2];
  float falloff_x, slope, falloff_y;  // -log2(e) / (2 var_x), cov_xy / var_x, -log2(e) var_x / (2 det)
  float log2_opacity;
  float channels[7];  // red, green, blue, z in metres, normal in the camera's frame
};
static_assert(sizeof(DrawnSplat) == 64);

// The ellipse where alpha = 1/255, for binning: |dx| <= half_px[0], dy = slope * dx +- sqrt(h0 - h1 dx^2).
struct SplatEllipse {
  float mean_px[2], half_px[2];
  float slope, peak_dx;  // dx of the highest point
  float h0, h1;
};
inline constexpr size_t kEllipseFloats = sizeof(SplatEllipse) / sizeof(float);

inline constexpr size_t kSplatBlock = 64;  // splats that are projected, and differentiated, together

// Where a splat's pairs stand in SplatFrame::pairs: after those of the blocks before and `in_block` more.
struct SplatPairs {
  uint32_t in_block = 0, count = 0;
};

// A splat in a tile and the rows of the tile that it touches, in 64 bits: the list of them is the sort's scratch
// before.
struct TileEntry {
  uint32_t splat = 0;
  uint16_t first_row = 0, last_row = 0;

  uint64_t packed() const { return splat | uint64_t{first_row} << 32 | uint64_t{last_row} << 48; }
  static TileEntry unpack(uint64_t bits) {
    return {static_cast<uint32_t>(bits), static_cast<uint16_t>(bits >> 32), static_cast<uint16_t>(bits >> 48)};
  }
};

inline constexpr uint32_t kNotDrawn = ~0u;  // key of splats that touch no tile

// Sums over the pixels of a pair, p = dL / d ln(alpha), e = dy - slope * dx; then dL / d colour, z, normal and what
// SplatScreenGradient's statistics hold.
enum SplatSum {
  kSumP,
  kSumPDx,
  kSumPDxDx,
  kSumPE,
  kSumPDxE,
  kSumPEE,
  kSumRed,
  kSumGreen,
  kSumBlue,
  kSumZ,
  kSumNormalX,
  kSumNormalY,
  kSumNormalZ,
  kSumCount,
};
inline constexpr size_t kSumsAtOnce = 4;       // the kernels read the sums of a pair by fours, beyond its last
inline constexpr size_t kSplatStatistics = 4;  // |dx|, |dy|, largest weight, sum of weights

// All that a frame leaves behind, and scratch that outlives frames. Vectors only grow.
struct SplatFrame {
  SplatView view;
  size_t visible_count = 0, pair_count = 0;
  std::vector<uint32_t> visible, visible_in_chunk;
  AlignedVector<DrawnSplat> splats;
  std::vector<SplatPairs> splat_pairs;
  std::vector<size_t> block_pairs;  // before each block of splats, by their bounding boxes
  std::vector<uint64_t> order;      // key << 32 | splat, near to far
  std::vector<uint32_t> counts;     // of the sort and of the bins
  // A splat's pairs, one after another: tile and rows packed, and, after binning, the place in tile_entries.
  std::vector<uint32_t> pairs;
  std::vector<uint32_t> tile_begin;    // of each tile in tile_entries, and the end
  std::vector<uint32_t> tile_used;     // how many of its entries the tile looked at until all its pixels were done
  std::vector<uint64_t> tile_entries;  // TileEntry::packed(), near to far
  // Until backward() each visible splat's ellipse, for binning; then the sums of each pair, in tile_entries' order.
  AlignedVector<float> sums;
  size_t sum_stride = 0;
  bool has_statistics = false;

  size_t pairs_begin(size_t splat) const { return block_pairs[splat / kSplatBlock] + splat_pairs[splat].in_block; }
  SplatEllipse ellipse(size_t splat) const {
    SplatEllipse ellipse;
    std::memcpy(&ellipse, sums.data() + splat * kEllipseFloats, sizeof(ellipse));
    return ellipse;
  }
  void set_ellipse(size_t splat, const SplatEllipse& ellipse) {
    std::memcpy(sums.data() + splat * kEllipseFloats, &ellipse, sizeof(ellipse));
  }
  size_t memory_bytes() const;
};

// What stood in a vector that grows is lost: the old memory goes before the new comes.
template <class Vector>
void grow(Vector& vector, size_t size) {
  if (vector.size() >= size) return;
  vector = Vector();
  vector.resize(size + size / 16);
}

// parallel_for that makes no copy of the body on the heap.
template <class Body>
void parallel_pieces(ThreadPool& pool, size_t count, size_t grain, const Body& body) {
  pool.parallel_for(count, grain, std::cref(body));
}

// The stages, in order. Each reads what those before it left in the frame.
void find_visible(SplatFrame& frame, ThreadPool& pool);
void project_visible(SplatFrame& frame, ThreadPool& pool);
void sort_by_depth(SplatFrame& frame, ThreadPool& pool);
void bin_splats(SplatFrame& frame, ThreadPool& pool);
void blend_tiles(SplatFrame& frame, SplatPlanes& image, ThreadPool& pool);
void blend_tiles_backward(SplatFrame& frame, const SplatPlanes& image, const SplatPlanes& gradient, ThreadPool& pool);
// Of at most kSplatBlock splats from `first` of the visible ones, after blend_tiles_backward. Adds to `camera`.
void block_gradients(const SplatFrame& frame, size_t first, size_t count, float* gradients, SplatScreenGradient* screen,
                     SplatCameraGradient* camera);

}  // namespace diorama
