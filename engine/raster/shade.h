#pragma once

#include "engine/raster/screen_triangles.h"
#include "engine/raster/surface_light_shared.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

namespace diorama {

// What a surface adds at a sample, and the share of what is behind it that stays.
struct SeenThrough {
  glm::vec3 light{0.0f}, through{1.0f};
};

// What a mesh looks like at a point of one of its triangles.
struct MeshShader {
  const Mesh* mesh = nullptr;
  RasterMaterial material;
  std::span<const ScreenVertex> vertices;
  // A ray through pixel (x, y) in the world: the view's direction, not normalised.
  glm::mat3 world_from_px{1.0f};
};

// A triangle ready for many shade() calls.
class ShadedTriangle {
 public:
  ShadedTriangle(const MeshShader& shader, const TriangleChunk& chunk, uint32_t index);

  // At a pixel position; one outside the triangle takes the nearest inside, roughly.
  float alpha(glm::vec2 px) const;
  glm::vec3 opaque(glm::vec2 px) const;  // linear

  // Of a blended mesh; nothing where its alpha mode drops the sample.
  std::optional<SeenThrough> see_through(glm::vec2 px) const;

 private:
  glm::vec3 weights(glm::vec2 px) const;  // of the whole triangle's corners, perspective-correct
  glm::vec3 in_whole_triangle(glm::vec3 weight_in_piece) const;
  glm::vec4 base_color(glm::vec3 weight, glm::vec2 px) const;  // straight alpha
  glm::vec4 texel(const RasterMap& map, glm::vec3 weight, glm::vec2 px) const;
  glm::vec3 seen_normal(glm::vec3 weight, glm::vec2 px, glm::vec3 view) const;
  light::SurfaceLight lit(glm::vec3 base_color, glm::vec3 weight, glm::vec2 px) const;

  template <class T>
  T mixed(const std::vector<T>& values, glm::vec3 weight) const {
    return weight.x * values[corners_.x] + weight.y * values[corners_.y] + weight.z * values[corners_.z];
  }

  const MeshShader* shader_;
  glm::uvec3 corners_;
  const ClippedCorners* clipped_ = nullptr;
  glm::vec2 origin_px_, edge1_, edge2_;
  float area_;  // twice, signed
  glm::vec3 inverse_z_;
};

// Inline: called for every pixel.

inline ShadedTriangle::ShadedTriangle(const MeshShader& shader, const TriangleChunk& chunk, uint32_t index)
    : shader_(&shader), corners_(shader.mesh->triangles[chunk.triangles[index].triangle]) {
  const uint32_t clipped = chunk.triangles[index].clipped;
  if (clipped != kNotClipped) clipped_ = &chunk.clipped[clipped];
  const auto vertex = [&](int i) -> const ScreenVertex& {
    return clipped_ != nullptr ? clipped_->corner[i] : shader.vertices[corners_[i]];
  };
  origin_px_ = vertex(0).px;
  edge1_ = vertex(1).px - origin_px_;
  edge2_ = vertex(2).px - origin_px_;
  area_ = edge1_.x * edge2_.y - edge1_.y * edge2_.x;
  inverse_z_ = {vertex(0).inverse_z, vertex(1).inverse_z, vertex(2).inverse_z};
}

inline glm::vec3 ShadedTriangle::weights(glm::vec2 px) const {
  const glm::vec2 d = px - origin_px_;
  const float sign = area_ < 0 ? -1.0f : 1.0f;
  const float second = (d.x * edge2_.y - d.y * edge2_.x) * sign, third = (edge1_.x * d.y - edge1_.y * d.x) * sign;
  const float first = area_ * sign - second - third;
  const glm::vec3 scaled = glm::vec3(std::max(first, 0.0f), std::max(second, 0.0f), std::max(third, 0.0f)) * inverse_z_;
  const float sum = scaled.x + scaled.y + scaled.z;
  // A sliver, or so far that 1/z has no precision left: the first corner stands for all.
  const bool usable = sum > std::numeric_limits<float>::min() && sum <= std::numeric_limits<float>::max();
  const glm::vec3 weight = usable ? scaled * (1.0f / sum) : glm::vec3(1, 0, 0);
  return clipped_ == nullptr ? weight : in_whole_triangle(weight);
}

inline glm::vec4 ShadedTriangle::base_color(glm::vec3 weight, glm::vec2 px) const {
  const RasterMaterial& material = shader_->material;
  const std::vector<glm::vec4>& colors = shader_->mesh->colors_linear;
  glm::vec4 color = material.base_color_linear;
  if (!colors.empty()) color *= mixed(colors, weight);
  if (material.texture != nullptr) color *= texel(material.base_map(), weight, px);
  return color;
}

inline glm::vec3 ShadedTriangle::opaque(glm::vec2 px) const {
  const glm::vec3 weight = weights(px), base(base_color(weight, px));
  return shader_->material.lit ? lit(base, weight, px).light : base;
}

}  // namespace diorama
