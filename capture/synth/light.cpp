#include "capture/synth/light.h"

#include "capture/synth/light_sources.h"
#include "capture/synth/pictures.h"
#include "capture/synth/sampling.h"
#include "capture/synth/textures.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr float kLift =
    1.5e-3f;  // rays start this far above the surface: facets of round things do not shade themselves
constexpr float kFar = 100.0f;
// A ray that meets the inside of a lamp's shade must not make a bright spot of its texel.
constexpr float kBrightestBounce = 5.0f;
constexpr size_t kGrain = 256;

}  // namespace

SynthSurfacePoint surface_point(const SynthGeometry& geometry, const SynthBvhHit& hit, glm::vec3 origin,
                                glm::vec3 direction) {
  const SynthTriangle& triangle = geometry.triangles[hit.triangle];
  const SynthVertex& a = geometry.vertices[triangle.vertices.x];
  const SynthVertex& b = geometry.vertices[triangle.vertices.y];
  const SynthVertex& c = geometry.vertices[triangle.vertices.z];
  SynthSurfacePoint point;
  point.patch = triangle.patch;
  point.corners = triangle.vertices;
  point.weights = {1 - hit.weight_b - hit.weight_c, hit.weight_b, hit.weight_c};
  point.position = origin + hit.t * direction;
  const glm::vec3 face = glm::normalize(glm::cross(b.position - a.position, c.position - a.position));
  point.back = glm::dot(face, direction) > 0;
  point.face_normal = point.back ? -face : face;
  const glm::vec3 shading = point.weights.x * a.normal + point.weights.y * b.normal + point.weights.z * c.normal;
  const float length = glm::length(shading);
  point.shading_normal = length > 1e-6f ? shading / length : face;
  if (glm::dot(point.shading_normal, point.face_normal) < 0) point.shading_normal = -point.shading_normal;
  point.texture = point.weights.x * a.texture + point.weights.y * b.texture + point.weights.z * c.texture;
  return point;
}

glm::vec3 surface_color(const SynthGeometry& geometry, const SynthSurfacePoint& point) {
  const SynthPatch& patch = geometry.patches[point.patch];
  return glm::clamp(texture_color(geometry.materials[patch.material], point.texture, patch.size_m), 0.0f, 0.95f);
}

glm::vec3 surface_emission(const SynthGeometry& geometry, const SynthSurfacePoint& point) {
  const SynthPatch& patch = geometry.patches[point.patch];
  const SynthMaterial& material = geometry.materials[patch.material];
  if (material.texture != SynthTexture::kOutside) return material.emission;
  return material.emission * outside_view(glm::vec2(point.texture) / patch.size_m);
}

SynthLightMap::SynthLightMap(const SynthGeometry& geometry, const SynthBvh& bvh, float detail, JobContext& job)
    : geometry_(geometry), bvh_(bvh) {
  direct_ = make_layer(1.0f, 0.008f, detail);
  job.pool().parallel_for(direct_.values.size(), kGrain, [&](size_t begin, size_t end) {
    if (job.cancel_requested()) return;
    for (size_t i = begin; i < end; ++i) {
      const Site at = site(direct_, i);
      if (at.used)
        direct_.values[i] = direct_irradiance(geometry_, bvh_, at.position, at.normal, static_cast<uint32_t>(i));
    }
  });
  job.advance();
  bounce_ = make_layer(2.4f, 0.02f, detail);
  for (const int rays : geometry_.bounce_rays) gather(job, rays);
  job.advance();
}

SynthLightMap::Layer SynthLightMap::make_layer(float coarseness, float smallest_m, float detail) const {
  Layer layer;
  size_t offset = 0;
  for (uint32_t index = 0; index < geometry_.patches.size(); ++index) {
    const SynthPatch& patch = geometry_.patches[index];
    Raster raster{{0, static_cast<int>(patch.vertex_count)}, offset};
    if (patch.size_m.x > 0) {
      // Small things have small texels.
      const float largest = std::max(smallest_m, coarseness * patch.light_texel_m);
      const float texel = std::clamp(std::max(patch.size_m.x, patch.size_m.y) / 12, smallest_m, largest) / detail;
      raster.size = glm::max(glm::ivec2(glm::ceil(patch.size_m / texel)), 1);
    }
    const size_t count = raster.count() * (patch.two_sided ? 2u : 1u);
    layer.rasters.push_back(raster);
    layer.owners.insert(layer.owners.end(), count, index);
    offset += count;
  }
  layer.values.assign(offset, glm::vec3(0.0f));
  return layer;
}

SynthLightMap::Site SynthLightMap::site(const Layer& layer, size_t index) const {
  const SynthPatch& patch = geometry_.patches[layer.owners[index]];
  const Raster& raster = layer.rasters[layer.owners[index]];
  const size_t within = index - raster.offset, local = within % raster.count();
  const float side = within >= raster.count() ? -1.0f : 1.0f;
  const SynthVertex* vertices = geometry_.vertices.data() + patch.first_vertex;
  Site result;
  if (raster.size.x == 0) {
    result = {vertices[local].position, side * vertices[local].normal};
  } else {
    const auto width = static_cast<size_t>(raster.size.x);
    const glm::vec2 uv = (glm::vec2(static_cast<float>(local % width), static_cast<float>(local / width)) + 0.5f) /
                         glm::vec2(raster.size);
    const glm::vec2 scaled = uv * glm::vec2(patch.grid - 1);
    const glm::ivec2 cell = glm::min(glm::ivec2(scaled), patch.grid - 2);
    const glm::vec2 f = scaled - glm::vec2(cell);
    const auto at = [&](int i, int j) -> const SynthVertex& {
      return vertices[static_cast<size_t>((cell.y + j) * patch.grid.x + cell.x + i)];
    };
    // On the very triangles: the cell is cut from its first corner to its last.
    const SynthVertex &a = at(0, 0), &d = at(1, 1), &m = f.x >= f.y ? at(1, 0) : at(0, 1);
    const float low = std::min(f.x, f.y), high = std::max(f.x, f.y);
    result.position = a.position + (m.position - a.position) * (high - low) + (d.position - a.position) * low;
    result.normal = side * (a.normal + (m.normal - a.normal) * (high - low) + (d.normal - a.normal) * low);
  }
  const float length = glm::length(result.normal);
  result.used = length > 1e-6f;
  if (result.used) result.normal /= length;
  result.position += kLift * result.normal;
  return result;
}

glm::vec3 SynthLightMap::gather_at(const Site& at, uint32_t key, int rays, float& buried) const {
  buried = 1;
  if (!at.used) return glm::vec3(0.0f);
  glm::vec3 across, other, sum(0.0f);
  frame_across(at.normal, across, other);
  const glm::vec2 shift = sample_shift(key);
  int inside = 0;
  for (int k = 0; k < rays; ++k) {
    const glm::vec2 s = spread_sample(k, shift);
    const glm::vec2 disc = disc_sample(s);
    const glm::vec3 direction = disc.x * across + disc.y * other + std::sqrt(1 - s.x) * at.normal;
    const SynthBvhHit hit = bvh_.closest(at.position, direction, kFar);
    if (!hit) continue;
    const SynthSurfacePoint point = surface_point(geometry_, hit, at.position, direction);
    if (point.back && !geometry_.patches[point.patch].two_sided) {
      ++inside;
      continue;
    }
    sum += glm::min(surface_color(geometry_, point) * irradiance(point), kBrightestBounce);
  }
  buried = static_cast<float>(inside) / static_cast<float>(rays);
  return sum / static_cast<float>(rays);  // cosine-weighted rays: irradiance = pi * mean of color * E / pi
}

void SynthLightMap::gather(JobContext& job, int rays) {
  Layer next = bounce_;
  std::vector<uint8_t> buried(next.values.size());
  job.pool().parallel_for(next.values.size(), kGrain, [&](size_t begin, size_t end) {
    if (job.cancel_requested()) return;
    for (size_t i = begin; i < end; ++i) {
      float share = 0;
      next.values[i] = gather_at(site(next, i), static_cast<uint32_t>(i) ^ 0x5bd1e995u, rays, share);
      buried[i] = share > 0.5f ? 1 : 0;
    }
  });
  smooth(next, buried);
  bounce_ = std::move(next);
  job.check_cancelled();
}

// Each texel becomes the mean of its surroundings (weights 1 2 1): hides the spread of the few rays. Texels that lie
// inside another thing do not take part, and are filled from those that do.
void SynthLightMap::smooth(Layer& layer, const std::vector<uint8_t>& buried) const {
  const std::vector<glm::vec3> source = layer.values;
  for (size_t i = 0; i < source.size(); ++i) {
    const Raster& raster = layer.rasters[layer.owners[i]];
    if (raster.size.x == 0) continue;
    const size_t within = i - raster.offset, base = raster.offset + within / raster.count() * raster.count();
    const glm::ivec2 at(static_cast<int>((i - base) % static_cast<size_t>(raster.size.x)),
                        static_cast<int>((i - base) / static_cast<size_t>(raster.size.x)));
    glm::vec3 sum(0.0f);
    float total = 0;
    for (int y = std::max(at.y - 1, 0); y <= std::min(at.y + 1, raster.size.y - 1); ++y) {
      for (int x = std::max(at.x - 1, 0); x <= std::min(at.x + 1, raster.size.x - 1); ++x) {
        const size_t from = base + static_cast<size_t>(y * raster.size.x + x);
        if (buried[from] != 0) continue;
        const float weight = (x == at.x ? 2.0f : 1.0f) * (y == at.y ? 2.0f : 1.0f);
        sum += weight * source[from];
        total += weight;
      }
    }
    if (total > 0) layer.values[i] = sum / total;
  }
}

glm::vec3 SynthLightMap::lookup(const Layer& layer, const SynthSurfacePoint& point) const {
  const SynthPatch& patch = geometry_.patches[point.patch];
  const Raster& raster = layer.rasters[point.patch];
  const glm::vec3* values = layer.values.data() + raster.offset + (point.back && patch.two_sided ? raster.count() : 0);
  if (raster.size.x == 0) {
    const glm::uvec3 corners = point.corners - patch.first_vertex;
    return point.weights.x * values[corners.x] + point.weights.y * values[corners.y] +
           point.weights.z * values[corners.z];
  }
  const glm::vec2 at = glm::vec2(point.texture) / patch.size_m * glm::vec2(raster.size) - 0.5f;
  const glm::vec2 low = glm::clamp(glm::floor(at), glm::vec2(0.0f), glm::vec2(raster.size - 1));
  const glm::ivec2 i(low), j = glm::min(i + 1, raster.size - 1);
  const glm::vec2 f = glm::clamp(at - low, 0.0f, 1.0f);
  const auto value = [&](int x, int y) { return values[static_cast<size_t>(y * raster.size.x + x)]; };
  const glm::vec3 bottom = glm::mix(value(i.x, i.y), value(j.x, i.y), f.x);
  return glm::mix(bottom, glm::mix(value(i.x, j.y), value(j.x, j.y), f.x), f.y);
}

glm::vec3 SynthLightMap::irradiance(const SynthSurfacePoint& point) const {
  return lookup(direct_, point) + lookup(bounce_, point);
}

}  // namespace diorama
