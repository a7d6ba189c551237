#pragma once

#include "engine/scene/camera.h"

#include <glm/glm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace diorama {

// A depth pixel as the kernels read it: planar z as IEEE float whose lowest 8 mantissa bits (2^-16 of z: 0.03 mm at
// 2 m) hold the confidence in 255ths. One gather brings both. 0: no measurement.
using PackedDepth = uint32_t;

inline constexpr int kDepthTilePx = 16;

// Homogeneous pixel (u z, v z, z) of a world point: matrix * p + offset.
struct Projection {
  glm::mat3 matrix{1.0f};
  glm::vec3 offset{0.0f};
};

Projection projection_of(const Camera& camera);

// What integration reads of one view; made by prepare_view, buffers are reused from view to view.
struct PreparedView {
  Projection depth_from_world;
  glm::ivec2 depth_size{0};
  std::vector<PackedDepth> depth;
  glm::ivec2 tiles{0};
  std::vector<float> tile_min_m, tile_max_m;  // of each kDepthTilePx square; no measurement: inf and 0
  float nearest_m = 0, farthest_m = 0;        // of all tiles

  // Colour, where the view has it.
  const glm::u8vec4* color = nullptr;  // alpha below 128: ignore
  bool color_is_registered = true;     // one camera for both
  Projection color_from_world;
  glm::ivec2 color_size{0};

  // Nearest measured z as the colour camera sees it, a coarse grid: tells what hides behind it. Empty: colour and depth
  // share their centre of projection.
  std::vector<uint32_t> nearest_in_color_m;  // bits of a float; positive floats order as their bits do
  glm::ivec2 nearest_size{0};
  float nearest_cells_per_px = 0;

  // Scratch.
  std::vector<glm::u8vec4> masked_color;
  std::vector<std::vector<uint64_t>> band_keys;  // blocks to be made, per band of tiles
};

// How far from a pixel planes are told from smeared edges, px.
inline constexpr int kPlaneReachPx = 4;

struct DepthRowInput {
  // Rows from kPlaneReachPx above to as many below; [-kPlaneReachPx, width + 16) of each can be read.
  std::array<const float*, 2 * kPlaneReachPx + 1> rows;
  const float* confidence;  // width values, or null
  int width;
  float min_m, max_m, discontinuity;
};

// Packs one row and folds it into the extremes of each column, whose arrays hold 16 values more than the width.
void pack_depth_row(const DepthRowInput& input, PackedDepth* packed, float* column_min, float* column_max);

}  // namespace diorama
