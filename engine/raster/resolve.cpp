#include "engine/raster/resolve.h"

#include "engine/raster/srgb_encoder.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace diorama {
namespace {

// Calls visit(index in the chunk) for the triangles that may touch the tile, in order.
template <class Visit>
void for_each_triangle(const TriangleChunk& chunk, size_t tile_index, Visit&& visit) {
  const std::span entries(chunk.tile_entries);
  const std::span<const uint16_t> binned =
      entries.subspan(chunk.tile_begin[tile_index], chunk.tile_begin[tile_index + 1] - chunk.tile_begin[tile_index]);
  auto large = chunk.large.begin();
  for (const uint16_t index : binned) {
    for (; large != chunk.large.end() && *large < index; ++large) visit(uint32_t{*large});
    visit(uint32_t{index});
  }
  for (; large != chunk.large.end(); ++large) visit(uint32_t{*large});
}

class TilePainter {
 public:
  TilePainter(const RasterScene& scene, glm::ivec2 tile, TileBuffers& buffers)
      : scene_(scene),
        tile_(tile),
        buffers_(buffers),
        corner_px_(tile * kTileSize),
        tile_index_(static_cast<size_t>(tile.y * scene.viewport.tiles.x + tile.x)) {}

  void draw_opaque_chunks() {
    buffers_.center.clear();
    for (SamplePlane& plane : buffers_.multi) plane.clear();
    for (size_t c = 0; c < scene_.opaque.size(); ++c) {
      const TriangleChunk& chunk = scene_.opaque[c];
      const bool cut_out = scene_.meshes[chunk.mesh].material.alpha_cutoff > 0;
      for_each_triangle(chunk, tile_index_, [&](uint32_t index) {
        TileTriangle triangle;
        if (!make_tile_triangle(chunk.triangles[index], scene_.viewport, tile_, triangle)) return;
        const uint32_t id = static_cast<uint32_t>(c) << 16 | index;
        for (SamplePlane& plane : buffers_.multi) draw(triangle, id, cut_out, plane);
        draw(triangle, id, cut_out, buffers_.center);
      });
    }
  }

  void shade_opaque() {
    const SamplePlane& plane = buffers_.color_plane();
    std::fill(buffers_.color_linear.begin(), buffers_.color_linear.end(), scene_.background_linear);
    std::fill(buffers_.covered.begin(), buffers_.covered.end(), uint8_t{0});
    const glm::ivec2 size = glm::min(scene_.viewport.size_px - corner_px_, glm::ivec2(kTileSize));
    for (int y = 0; y < size.y; ++y) {
      for (int x = 0; x < size.x; ++x) shade_pixel(plane, x, y);
    }
  }

  void blend() {
    for (const TriangleChunk& chunk : scene_.blended) {
      for_each_triangle(chunk, tile_index_, [&](uint32_t index) { blend_triangle(chunk, index); });
    }
  }

  void write(RasterResult& result) const {
    const SamplePlane& plane = buffers_.color_plane();
    const int samples = plane.samples_per_pixel;
    const float share = 1.0f / static_cast<float>(samples);
    const glm::ivec2 size = glm::min(scene_.viewport.size_px - corner_px_, glm::ivec2(kTileSize));
    for (int y = 0; y < size.y; ++y) {
      for (int x = 0; x < size.x; ++x) {
        const size_t first = plane.index(x, y, 0);
        glm::vec3 sum(0.0f);
        int covered = 0;
        for (size_t s = first; s < first + static_cast<size_t>(samples); ++s) {
          sum += buffers_.color_linear[s];
          covered += buffers_.covered[s];
        }
        const int px = corner_px_.x + x, py = corner_px_.y + y;
        result.color.at(px, py) = glm::u8vec4(srgb8_from_linear(sum * share), 255);
        result.coverage.at(px, py) = static_cast<float>(covered) * share;
        const float inverse_z = buffers_.center.inverse_z[buffers_.center.index(x, y, 0)];
        result.depth_m.at(px, py) = inverse_z > 0 ? std::min(1.0f / inverse_z, std::numeric_limits<float>::max()) : 0;
      }
    }
  }

 private:
  glm::vec2 image_px(int x_grid, int y_grid) const {
    return glm::vec2(corner_px_) + glm::vec2(x_grid, y_grid) / static_cast<float>(kSampleGrid);
  }

  void draw(const TileTriangle& triangle, uint32_t id, bool cut_out, SamplePlane& plane) const {
    if (!cut_out) return draw_opaque(triangle, id, plane);
    const MeshShader& mesh = scene_.mesh(id);
    const ShadedTriangle shaded(mesh, scene_.chunk(id), id & 0xffff);
    visit_samples(triangle, plane, [&](size_t sample, int x, int y, float inverse_z) {
      if (!(shaded.at(image_px(x, y)).a >= mesh.material.alpha_cutoff)) return;
      plane.inverse_z[sample] = inverse_z;
      plane.id[sample] = id;
    });
  }

  // Each triangle is shaded once in a pixel, at the middle of the samples that see it.
  void shade_pixel(const SamplePlane& plane, int x, int y) {
    const size_t first = plane.index(x, y, 0), end = first + static_cast<size_t>(plane.samples_per_pixel);
    for (size_t s = first; s < end; ++s) {
      const uint32_t id = plane.id[s];
      if (id == kNoTriangle || buffers_.covered[s] != 0) continue;
      glm::ivec2 sum(0);
      int count = 0;
      for (size_t other = s; other < end; ++other) {
        if (plane.id[other] != id) continue;
        sum += plane.samples_per_pixel == 4 ? kColorSamples[other - first] : kCenterSample;
        ++count;
      }
      const glm::vec2 offset = glm::vec2(sum) / static_cast<float>(count * kSampleGrid);
      const glm::vec3 color(shaded(id).at(glm::vec2(corner_px_ + glm::ivec2(x, y)) + offset));
      for (size_t other = s; other < end; ++other) {
        if (plane.id[other] != id) continue;
        buffers_.color_linear[other] = color;
        buffers_.covered[other] = 1;
      }
    }
  }

  // Neighbouring samples mostly see the same triangle.
  const ShadedTriangle& shaded(uint32_t id) {
    if (!last_ || last_id_ != id) {
      last_.emplace(scene_.mesh(id), scene_.chunk(id), id & 0xffff);
      last_id_ = id;
    }
    return *last_;
  }

  void blend_triangle(const TriangleChunk& chunk, uint32_t index) {
    TileTriangle triangle;
    if (!make_tile_triangle(chunk.triangles[index], scene_.viewport, tile_, triangle)) return;
    const MeshShader& mesh = scene_.meshes[chunk.mesh];
    const ShadedTriangle surface(mesh, chunk, index);
    visit_samples(triangle, buffers_.color_plane(), [&](size_t sample, int x, int y, float) {
      const glm::vec4 color = surface.at(image_px(x, y));
      if (!(color.a >= mesh.material.alpha_cutoff) || !(color.a > 0)) return;
      const float alpha = std::min(color.a, 1.0f);
      buffers_.color_linear[sample] += alpha * (glm::vec3(color) - buffers_.color_linear[sample]);
      buffers_.covered[sample] = 1;
    });
  }

  const RasterScene& scene_;
  const glm::ivec2 tile_;
  TileBuffers& buffers_;
  const glm::ivec2 corner_px_;
  const size_t tile_index_;
  std::optional<ShadedTriangle> last_;
  uint32_t last_id_ = kNoTriangle;
};

}  // namespace

TileBuffers::TileBuffers(int samples) {
  if (samples > 1) multi.emplace_back(samples);
  color_linear.resize(color_plane().id.size());
  covered.resize(color_plane().id.size());
}

void draw_tile(const RasterScene& scene, glm::ivec2 tile, TileBuffers& buffers, RasterResult& result) {
  TilePainter painter(scene, tile, buffers);
  painter.draw_opaque_chunks();
  painter.shade_opaque();
  painter.blend();
  painter.write(result);
}

}  // namespace diorama
