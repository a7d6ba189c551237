#include "engine/raster/screen_triangles.h"

#include "engine/raster/clip.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr int kMaxBinnedTiles = 16;  // a triangle that touches more is not written into each tile's list

// Edge functions inside a tile must fit 32 bits: 2 * (size + 2 * guard band) * 2^bits * 16 * kTileSize < 2^31.
int subpixel_bits_for(glm::ivec2 size_px) {
  int bits = 8;
  for (int limit = 4096; limit < std::max(size_px.x, size_px.y); limit *= 2) --bits;
  return bits;
}

glm::dvec3 to_camera(const Viewport& viewport, glm::vec3 p_in_world) {
  return viewport.rotation_camera_from_world * glm::dvec3(p_in_world) + viewport.translation_camera_from_world;
}

ScreenVertex project_vertex(const Viewport& viewport, glm::vec3 p_in_world) {
  const glm::dvec3 p = to_camera(viewport, p_in_world);
  ScreenVertex vertex;
  if (!(p.z >= viewport.near_m)) return vertex;
  const double inverse_z = 1.0 / p.z;
  const glm::dvec2 px = viewport.focal_px * glm::dvec2(p) * inverse_z + viewport.center_px;
  const bool inside = px.x >= -kGuardBandPx && px.x <= viewport.size_px.x + kGuardBandPx && px.y >= -kGuardBandPx &&
                      px.y <= viewport.size_px.y + kGuardBandPx;
  if (!inside) return vertex;
  // Positive before the cast, which truncates.
  const double steps = static_cast<double>(1 << viewport.subpixel_bits);
  const glm::ivec2 shift(kGuardBandPx << viewport.subpixel_bits);
  vertex.snapped = glm::ivec2(px * steps + (glm::dvec2(shift) + 0.5)) - shift;
  vertex.px = glm::vec2(px);
  vertex.inverse_z = static_cast<float>(inverse_z);
  return vertex;
}

float cross2(glm::vec2 a, glm::vec2 b) {
  return a.x * b.y - a.y * b.x;
}

// Pixels inside the image with a sample in the box from `low` to `high`.
PixelRect sampled_pixels(glm::ivec2 low, glm::ivec2 high, const Viewport& viewport) {
  const int bits = viewport.subpixel_bits, grid_shift = bits - 4, one = 1 << bits;
  // The first pixel whose last sample is not left of `low`, the last whose first sample is not right of `high`.
  const glm::ivec2 min = (low - (viewport.last_sample << grid_shift) + (one - 1)) >> bits;
  const glm::ivec2 max = (high - (viewport.first_sample << grid_shift)) >> bits;
  return {glm::max(min, glm::ivec2(0)), glm::min(max, viewport.size_px - 1)};
}

// 1/z on the screen: at + slope * (px - origin).
struct DepthPlane {
  float at = 0.0f;
  glm::vec2 slope{0.0f};
};

// From the corners' screen positions; `origin` is near v[0]. Good for triangles that are small on the screen and in
// depth, and cheap.
DepthPlane plane_on_screen(const ScreenVertex (&v)[3], glm::vec2 origin) {
  const glm::vec2 e1 = v[1].px - v[0].px, e2 = v[2].px - v[0].px;
  const float w1 = v[1].inverse_z - v[0].inverse_z, w2 = v[2].inverse_z - v[0].inverse_z;
  const float inverse_area = 1.0f / cross2(e1, e2);
  const glm::vec2 slope = glm::vec2(w1 * e2.y - w2 * e1.y, w2 * e1.x - w1 * e2.x) * inverse_area;
  return {v[0].inverse_z + glm::dot(slope, origin - v[0].px), slope};
}

// From the triangle itself: with normal n, every point p has n . p = n . a, and p = z * ray.
DepthPlane plane_in_space(const std::array<glm::dvec3, 3>& p, glm::vec2 origin, const Viewport& viewport) {
  const glm::dvec3 normal = glm::cross(p[1] - p[0], p[2] - p[0]);
  const glm::dvec3 scaled = normal / glm::dot(normal, p[0]);
  const glm::dvec2 slope = glm::dvec2(scaled) / viewport.focal_px;
  const double at = glm::dot(slope, glm::dvec2(origin) - viewport.center_px) + scaled.z;
  return {static_cast<float>(at), glm::vec2(slope)};
}

class ChunkBuilder {
 public:
  ChunkBuilder(const RasterMesh& item, std::span<const ScreenVertex> vertices, const Viewport& viewport,
               TriangleChunk& chunk)
      : mesh_(*item.mesh),
        double_sided_(item.material.double_sided),
        vertices_(vertices),
        viewport_(viewport),
        chunk_(chunk) {}

  void add(uint32_t triangle) {
    const glm::uvec3 t = mesh_.triangles[triangle];
    const ScreenVertex v[3] = {vertices_[t.x], vertices_[t.y], vertices_[t.z]};
    if (v[0].inverse_z > 0 && v[1].inverse_z > 0 && v[2].inverse_z > 0) {
      add_piece(v, triangle, kNotClipped);
    } else {
      add_clipped(v, triangle);
    }
  }

 private:
  // False if it covers no sample.
  bool add_piece(const ScreenVertex (&v)[3], uint32_t triangle, uint32_t clipped) {
    const glm::i64vec2 e1(v[1].snapped - v[0].snapped), e2(v[2].snapped - v[0].snapped);
    const int64_t area = e1.x * e2.y - e1.y * e2.x;
    // With y down, a triangle that runs counter-clockwise to the eye has a negative area.
    if (area == 0 || (area > 0 && !double_sided_)) return false;
    // The farthest corner is the origin of 1/z: from there it only grows, and nothing cancels.
    const size_t far = v[0].inverse_z <= v[1].inverse_z ? (v[0].inverse_z <= v[2].inverse_z ? 0 : 2)
                                                        : (v[1].inverse_z <= v[2].inverse_z ? 1 : 2);
    const ScreenVertex corners[3] = {v[far], v[(far + (area > 0 ? 1 : 2)) % 3], v[(far + (area > 0 ? 2 : 1)) % 3]};
    ScreenTriangle result;
    for (int i = 0; i < 3; ++i) result.corner[i] = corners[i].snapped;
    const glm::ivec2 low = glm::min(result.corner[0], glm::min(result.corner[1], result.corner[2]));
    const glm::ivec2 high = glm::max(result.corner[0], glm::max(result.corner[1], result.corner[2]));
    const PixelRect rect = sampled_pixels(low, high, viewport_);
    if (rect.empty()) return false;
    const glm::ivec2 extent = high - low;
    result.small = std::max(extent.x, extent.y) <= kTileSize << viewport_.subpixel_bits;
    result.min_px = glm::u16vec2(rect.min);
    result.max_px = glm::u16vec2(rect.max);
    result.triangle = triangle;
    result.clipped = clipped;
    set_depth_plane(result, corners);
    chunk_.triangles.push_back(result);
    return true;
  }

  std::array<glm::dvec3, 3> corners_in_camera(uint32_t triangle) const {
    const glm::uvec3 t = mesh_.triangles[triangle];
    return {to_camera(viewport_, mesh_.positions[t.x]), to_camera(viewport_, mesh_.positions[t.y]),
            to_camera(viewport_, mesh_.positions[t.z])};
  }

  // A sliver has no slope that can be trusted: flat then, and its range bounds it.
  void set_depth_plane(ScreenTriangle& result, const ScreenVertex (&v)[3]) const {
    result.inverse_z_min = v[0].inverse_z;
    result.inverse_z_max = std::max(v[1].inverse_z, v[2].inverse_z);
    const glm::vec2 origin = glm::vec2(v[0].snapped) * viewport_.px_per_step;
    const bool shallow = result.inverse_z_max < 2 * result.inverse_z_min;
    const DepthPlane plane = result.small && shallow && result.clipped == kNotClipped
                                 ? plane_on_screen(v, origin)
                                 : plane_in_space(corners_in_camera(result.triangle), origin, viewport_);
    const bool usable =
        std::abs(plane.slope.x) < 1e20f && std::abs(plane.slope.y) < 1e20f && std::abs(plane.at) < 1e20f;
    result.inverse_z = usable ? plane.at : v[0].inverse_z;
    result.inverse_z_dx = usable ? plane.slope.x : 0.0f;
    result.inverse_z_dy = usable ? plane.slope.y : 0.0f;
  }

  void add_clipped(const ScreenVertex (&v)[3], uint32_t triangle) {
    const ClipPolygon polygon = clip_triangle(corners_in_camera(triangle), viewport_);
    const auto screen_vertex = [&](const ClipVertex& vertex) {
      const bool whole = vertex.corner >= 0 && v[vertex.corner].inverse_z > 0;
      return whole ? v[vertex.corner] : project_clipped(vertex.p_in_camera, viewport_);
    };
    for (int i = 1; i + 1 < polygon.count; ++i) {
      ClippedCorners corners;
      for (int k = 0; k < 3; ++k) {
        const ClipVertex& vertex = polygon.vertices[static_cast<size_t>(k == 0 ? 0 : i + k - 1)];
        corners.corner[k] = screen_vertex(vertex);
        corners.barycentric[k] = glm::vec3(vertex.barycentric);
      }
      if (add_piece(corners.corner, triangle, static_cast<uint32_t>(chunk_.clipped.size()))) {
        chunk_.clipped.push_back(corners);
      }
    }
  }

  const Mesh& mesh_;
  const bool double_sided_;
  std::span<const ScreenVertex> vertices_;
  const Viewport& viewport_;
  TriangleChunk& chunk_;
};

// Calls visit(tile) for the tiles that a triangle's pixels touch; not for one that touches many.
template <class Visit>
bool for_each_tile(const ScreenTriangle& triangle, const Viewport& viewport, Visit&& visit) {
  const glm::ivec2 first = glm::ivec2(triangle.min_px) / kTileSize, last = glm::ivec2(triangle.max_px) / kTileSize;
  const glm::ivec2 extent = last - first + 1;
  if (extent.x * extent.y > kMaxBinnedTiles) return false;
  for (int y = first.y; y <= last.y; ++y) {
    for (int x = first.x; x <= last.x; ++x) visit(static_cast<size_t>(y * viewport.tiles.x + x));
  }
  return true;
}

// Counting sort of the triangles by tile.
void sort_into_tiles(TriangleChunk& chunk, const Viewport& viewport) {
  std::vector<uint32_t>& begin = chunk.tile_begin;
  begin.assign(static_cast<size_t>(viewport.tiles.x * viewport.tiles.y) + 2, 0);
  for (size_t i = 0; i < chunk.triangles.size(); ++i) {
    const bool binned = for_each_tile(chunk.triangles[i], viewport, [&](size_t tile) { ++begin[tile + 2]; });
    if (!binned) chunk.large.push_back(static_cast<uint16_t>(i));
  }
  for (size_t i = 2; i < begin.size(); ++i) begin[i] += begin[i - 1];
  chunk.tile_entries.resize(begin.back());
  for (size_t i = 0; i < chunk.triangles.size(); ++i) {
    const auto index = static_cast<uint16_t>(i);
    for_each_tile(chunk.triangles[i], viewport, [&](size_t tile) { chunk.tile_entries[begin[tile + 1]++] = index; });
  }
  begin.pop_back();
}

}  // namespace

Viewport make_viewport(const Camera& camera, const RasterOptions& options) {
  Viewport viewport;
  viewport.size_px = camera.size_px;
  viewport.tiles = (camera.size_px + (kTileSize - 1)) / kTileSize;
  viewport.subpixel_bits = subpixel_bits_for(camera.size_px);
  viewport.px_per_step = 1.0f / static_cast<float>(1 << viewport.subpixel_bits);
  const glm::dmat3 rotation = glm::transpose(glm::dmat3(camera.world_from_camera.rotation));
  viewport.rotation_camera_from_world = rotation;
  viewport.translation_camera_from_world = -(rotation * glm::dvec3(camera.world_from_camera.translation));
  viewport.focal_px = glm::dvec2(camera.focal_px);
  viewport.center_px = glm::dvec2(camera.center_px);
  viewport.near_m = static_cast<double>(options.near_m);
  viewport.first_sample = options.samples == 1 ? kCenterSample.x : 2;
  viewport.last_sample = options.samples == 1 ? kCenterSample.x : 14;
  return viewport;
}

std::vector<ScreenVertex> project_vertices(const Mesh& mesh, const Viewport& viewport, ThreadPool& pool) {
  std::vector<ScreenVertex> vertices(mesh.positions.size());
  pool.parallel_for(vertices.size(), 4096, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) vertices[i] = project_vertex(viewport, mesh.positions[i]);
  });
  return vertices;
}

TriangleChunk make_chunk(const RasterMesh& item, size_t mesh_index, std::span<const ScreenVertex> vertices,
                         std::span<const uint32_t> order, const Viewport& viewport) {
  DIO_CHECK(order.size() <= kChunkTriangles);
  TriangleChunk chunk;
  chunk.mesh = mesh_index;
  chunk.triangles.reserve(order.size());
  ChunkBuilder builder(item, vertices, viewport, chunk);
  for (const uint32_t triangle : order) builder.add(triangle);
  sort_into_tiles(chunk, viewport);
  return chunk;
}

}  // namespace diorama
