#include "engine/raster/resolve.h"

#include "engine/raster/srgb_encoder.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace diorama {
namespace {

// Of a mean of n sample positions, in pixels.
constexpr float kShareOfGrid[5] = {0.0f, 1.0f / 16, 1.0f / 32, 1.0f / 48, 1.0f / 64};

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

  void write_opaque(RasterResult& result) {
    for_each_pixel([&](int x, int y) {
      glm::vec3 sum(0.0f);
      int covered = 0;
      for_each_surface(x, y, [&](uint32_t id, glm::vec2 px, uint32_t, int count) {
        sum += static_cast<float>(count) * shaded(id).opaque(px);
        covered += count;
      });
      const int samples = buffers_.color_plane().samples_per_pixel;
      sum += static_cast<float>(samples - covered) * scene_.background_linear;
      write_pixel(result, x, y, sum, covered);
    });
  }

  bool has_blended() const {
    return std::any_of(scene_.blended.begin(), scene_.blended.end(), [&](const TriangleChunk& chunk) {
      return !chunk.large.empty() || chunk.tile_begin[tile_index_] != chunk.tile_begin[tile_index_ + 1];
    });
  }

  // As write_opaque, but sample by sample: each mixes its own surfaces.
  void write_blended(RasterResult& result) {
    const SamplePlane& plane = buffers_.color_plane();
    std::vector<glm::vec3>& color = buffers_.color_linear;
    std::vector<uint8_t>& covered = buffers_.covered;
    color.assign(plane.id.size(), scene_.background_linear);
    covered.assign(plane.id.size(), 0);
    for_each_pixel([&](int x, int y) {
      for_each_surface(x, y, [&](uint32_t id, glm::vec2 px, uint32_t samples, int) {
        const glm::vec3 surface = shaded(id).opaque(px);
        for (size_t s = plane.index(x, y, 0); samples != 0; ++s, samples >>= 1) {
          if ((samples & 1) == 0) continue;
          color[s] = surface;
          covered[s] = 1;
        }
      });
    });
    blend_chunks();
    for_each_pixel([&](int x, int y) {
      glm::vec3 sum(0.0f);
      int hits = 0;
      const size_t first = plane.index(x, y, 0), end = first + static_cast<size_t>(plane.samples_per_pixel);
      for (size_t s = first; s < end; ++s) {
        sum += color[s];
        hits += covered[s];
      }
      write_pixel(result, x, y, sum, hits);
    });
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
      if (!(shaded.alpha(image_px(x, y)) >= mesh.material.alpha_cutoff)) return;
      plane.inverse_z[sample] = inverse_z;
      plane.id[sample] = id;
    });
  }

  template <class Visit>
  void for_each_pixel(Visit&& visit) const {
    const glm::ivec2 size = glm::min(scene_.viewport.size_px - corner_px_, glm::ivec2(kTileSize));
    for (int y = 0; y < size.y; ++y) {
      for (int x = 0; x < size.x; ++x) visit(x, y);
    }
  }

  // The opaque triangles that a pixel's samples see: visit(id, middle of its samples in image pixels, bits of the
  // samples, their count). Each is shaded once in a pixel.
  template <class Visit>
  void for_each_surface(int x, int y, Visit&& visit) {
    const SamplePlane& plane = buffers_.color_plane();
    const uint32_t* const ids = plane.id.data() + plane.index(x, y, 0);
    const glm::vec2 pixel(corner_px_ + glm::ivec2(x, y));
    if (plane.samples_per_pixel == 1 || (ids[0] == ids[1] && ids[0] == ids[2] && ids[0] == ids[3])) {
      const auto all = static_cast<uint32_t>((1 << plane.samples_per_pixel) - 1);
      if (ids[0] != kNoTriangle) visit(ids[0], pixel + 0.5f, all, plane.samples_per_pixel);
      return;
    }
    for (uint32_t s = 0, done = 0; s < 4; ++s) {
      if (ids[s] == kNoTriangle || (done >> s & 1) != 0) continue;
      uint32_t samples = 0;
      glm::ivec2 sum(0);
      for (uint32_t other = s; other < 4; ++other) {
        const bool same = ids[other] == ids[s];
        samples |= static_cast<uint32_t>(same) << other;
        sum += same ? kColorSamples[other] : glm::ivec2(0);
      }
      done |= samples;
      const int count = std::popcount(samples);
      visit(ids[s], pixel + glm::vec2(sum) * kShareOfGrid[count], samples, count);
    }
  }

  void write_pixel(RasterResult& result, int x, int y, glm::vec3 sum, int covered) const {
    const float share = buffers_.multi.empty() ? 1.0f : 0.25f;
    const int px = corner_px_.x + x, py = corner_px_.y + y;
    result.color.at(px, py) = glm::u8vec4(srgb8_from_linear(sum * share), 255);
    result.coverage.at(px, py) = static_cast<float>(covered) * share;
    const float inverse_z = buffers_.center.inverse_z[buffers_.center.index(x, y, 0)];
    result.depth_m.at(px, py) = inverse_z > 0 ? std::min(1.0f / inverse_z, std::numeric_limits<float>::max()) : 0;
  }

  // Neighbouring samples mostly see the same triangle.
  const ShadedTriangle& shaded(uint32_t id) {
    if (!last_ || last_id_ != id) {
      last_.emplace(scene_.mesh(id), scene_.chunk(id), id & 0xffff);
      last_id_ = id;
    }
    return *last_;
  }

  // What a transmitting mesh lets through is taken from what is behind first, then its own light is added, as a device
  // without blending by two sources does.
  enum class BlendStep { kBoth, kThrough, kLight };

  void blend_chunks() {
    const std::vector<TriangleChunk>& chunks = scene_.blended;
    for (size_t begin = 0, end = 0; begin < chunks.size(); begin = end) {
      while (end < chunks.size() && chunks[end].mesh == chunks[begin].mesh) ++end;
      const std::span mesh_chunks = std::span(chunks).subspan(begin, end - begin);
      if (scene_.meshes[chunks[begin].mesh].material.surface.transmission > 0) {
        for (const TriangleChunk& chunk : mesh_chunks) blend_chunk(chunk, BlendStep::kThrough);
        for (const TriangleChunk& chunk : mesh_chunks) blend_chunk(chunk, BlendStep::kLight);
      } else {
        for (const TriangleChunk& chunk : mesh_chunks) blend_chunk(chunk, BlendStep::kBoth);
      }
    }
  }

  void blend_chunk(const TriangleChunk& chunk, BlendStep step) {
    for_each_triangle(chunk, tile_index_, [&](uint32_t index) { blend_triangle(chunk, index, step); });
  }

  void blend_triangle(const TriangleChunk& chunk, uint32_t index, BlendStep step) {
    TileTriangle triangle;
    if (!make_tile_triangle(chunk.triangles[index], scene_.viewport, tile_, triangle)) return;
    const ShadedTriangle surface(scene_.meshes[chunk.mesh], chunk, index);
    visit_samples(triangle, buffers_.color_plane(), [&](size_t sample, int x, int y, float) {
      const std::optional<SeenThrough> seen = surface.see_through(image_px(x, y));
      if (!seen) return;
      glm::vec3& color = buffers_.color_linear[sample];
      if (step != BlendStep::kLight) color *= seen->through;
      if (step != BlendStep::kThrough) color += seen->light;
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
}

void draw_tile(const RasterScene& scene, glm::ivec2 tile, TileBuffers& buffers, RasterResult& result) {
  TilePainter painter(scene, tile, buffers);
  painter.draw_opaque_chunks();
  if (painter.has_blended()) {
    painter.write_blended(result);
  } else {
    painter.write_opaque(result);
  }
}

}  // namespace diorama
