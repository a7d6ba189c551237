#pragma once

#include "engine/raster/triangles.h"

#include <cstdint>
#include <vector>

namespace diorama {

// From meshes to triangles on the sample grid, sorted into tiles: the front half of rasterize().

constexpr int kTileSize = 32;       // pixels a side
constexpr int kGuardBandPx = 1024;  // triangles are clipped only where they reach this far past the image

// Samples lie on a grid of 1/16 pixel. The four colour samples are a rotated grid, as GPUs have it.
constexpr int kSampleGrid = 16;
constexpr glm::ivec2 kColorSamples[4] = {{6, 2}, {14, 6}, {2, 10}, {10, 14}};
constexpr glm::ivec2 kCenterSample{8, 8};

struct Viewport {
  glm::ivec2 size_px{0}, tiles{0};
  int subpixel_bits = 8;
  float px_per_step = 1.0f / 256;  // 2^-subpixel_bits
  glm::dmat3 rotation_camera_from_world{1.0};
  glm::dvec3 translation_camera_from_world{0.0};
  glm::dvec2 focal_px{0.0}, center_px{0.0};
  double near_m = 0.01;
  int first_sample = 0, last_sample = 0;  // smallest and largest sample offset in a pixel, in grid steps
};

Viewport make_viewport(const Camera& camera, const RasterOptions& options);

struct ScreenVertex {
  glm::ivec2 snapped{0};   // in 2^-subpixel_bits pixels
  glm::vec2 px{0.0f};      // not snapped
  float inverse_z = 0.0f;  // 1/m; 0: before the near plane or past the guard band, its triangles are clipped
};

std::vector<ScreenVertex> project_vertices(const Mesh& mesh, const Viewport& viewport, ThreadPool& pool);

constexpr uint32_t kNotClipped = ~uint32_t{0};

// Pixels, inclusive; min > max: none.
struct PixelRect {
  glm::ivec2 min{0}, max{-1};
  bool empty() const { return min.x > max.x || min.y > max.y; }
};

// 1/z is linear on the screen: inverse_z + dx * (x - x0) + dy * (y - y0), x0 and y0 those of the snapped first corner.
struct ScreenTriangle {
  glm::ivec2 corner[3];  // snapped, in the order that makes the area positive (x right, y down)
  float inverse_z = 0, inverse_z_dx = 0, inverse_z_dy = 0;
  float inverse_z_min = 0, inverse_z_max = 0;
  glm::u16vec2 min_px{0}, max_px{0};  // pixels inside the image with a sample in the bounding box, inclusive
  uint32_t triangle = 0;              // of the mesh
  uint32_t clipped = kNotClipped;     // index into TriangleChunk::clipped
  bool small = false;                 // its box has at most kTileSize pixels a side, even where it leaves the image
};

// A piece of a triangle that was cut: its own corners, and where they lie in the whole triangle.
struct ClippedCorners {
  ScreenVertex corner[3];
  glm::vec3 barycentric[3];
};

// At most this many triangles of one mesh go through setup together; with 6 pieces each, indices fit 16 bits.
constexpr size_t kChunkTriangles = 8192;

// A run of triangles of one mesh and the tiles that they touch. Entries of a tile are in the triangles' order.
struct TriangleChunk {
  size_t mesh = 0;
  std::vector<ScreenTriangle> triangles;
  std::vector<ClippedCorners> clipped;
  std::vector<uint32_t> tile_begin;  // tiles + 1 offsets into tile_entries
  std::vector<uint16_t> tile_entries;
  std::vector<uint16_t> large;  // touch many tiles: every tile looks at them
};

// `order`: the mesh's triangles to take, in that order.
TriangleChunk make_chunk(const RasterMesh& item, size_t mesh_index, std::span<const ScreenVertex> vertices,
                         std::span<const uint32_t> order, const Viewport& viewport);

}  // namespace diorama
