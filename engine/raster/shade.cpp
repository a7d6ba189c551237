#include "engine/raster/shade.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Of length 1, or `otherwise` where that makes no sense.
glm::vec3 unit(glm::vec3 v, glm::vec3 otherwise) {
  const float length = glm::length(v);
  return length > 0 && std::isfinite(length) ? v / length : otherwise;
}

}  // namespace

glm::vec3 ShadedTriangle::in_whole_triangle(glm::vec3 weight_in_piece) const {
  const auto& b = clipped_->barycentric;
  return weight_in_piece.x * b[0] + weight_in_piece.y * b[1] + weight_in_piece.z * b[2];
}

glm::vec4 ShadedTriangle::texel(const RasterMap& map, glm::vec3 weight, glm::vec2 px) const {
  const std::vector<glm::vec2>& uvs = map.uv_set == 0 ? shader_->mesh->uvs : shader_->mesh->second_uvs;
  const auto uv_at = [&](glm::vec3 w) { return map.uv_transform * glm::vec3(mixed(uvs, w), 1.0f); };
  const glm::vec2 uv = uv_at(weight);
  float texels_per_px = 0.0f;
  if (map.view.mips != nullptr) {
    const glm::vec2 size(map.view.image->size_px());
    const glm::vec2 across = (uv_at(weights(px + glm::vec2(1, 0))) - uv) * size;
    const glm::vec2 down = (uv_at(weights(px + glm::vec2(0, 1))) - uv) * size;
    texels_per_px = std::max(glm::length(across), glm::length(down));
  }
  return sample_texture(map.view, uv, texels_per_px);
}

// On the side that the eye sees; `view` leads to the eye.
glm::vec3 ShadedTriangle::seen_normal(glm::vec3 weight, glm::vec2 px, glm::vec3 view) const {
  const Mesh& mesh = *shader_->mesh;
  const RasterSurface& surface = shader_->material.surface;
  if (mesh.normals.empty()) {
    const glm::vec3 a = mesh.positions[corners_.x];
    const glm::vec3 n = unit(glm::cross(mesh.positions[corners_.y] - a, mesh.positions[corners_.z] - a), view);
    return glm::dot(n, view) < 0 ? -n : n;
  }
  glm::vec3 n = unit(mixed(mesh.normals, weight), glm::vec3(0.0f));
  if (n == glm::vec3(0.0f)) return view;  // a vertex without a usable normal
  if (surface.normal.view.image != nullptr && !mesh.tangents.empty()) {
    const glm::vec3 offset(texel(surface.normal, weight, px));
    const glm::vec4 tangent = mixed(mesh.tangents, weight);
    n = light::mapped_normal(offset, surface.normal_scale, n, glm::vec3(tangent), tangent.w < 0 ? -1.0f : 1.0f);
  }
  return area_ > 0 ? -n : n;  // with y down, the front runs the other way
}

light::SurfaceLight ShadedTriangle::lit(glm::vec3 base_color, glm::vec3 weight, glm::vec2 px) const {
  const RasterSurface& surface = shader_->material.surface;
  light::LitSurface s;
  s.base_color = base_color;
  s.metallic = surface.metallic;
  s.roughness = surface.roughness;
  if (surface.metallic_roughness.view.image != nullptr) {
    const glm::vec4 maps = texel(surface.metallic_roughness, weight, px);
    s.roughness *= maps.g;
    s.metallic *= maps.b;
  }
  s.occlusion = 1.0f;
  if (surface.occlusion.view.image != nullptr) {
    s.occlusion += surface.occlusion_strength * (texel(surface.occlusion, weight, px).r - 1.0f);
  }
  s.emissive = surface.emissive_linear;
  if (surface.emissive.view.image != nullptr) s.emissive *= glm::vec3(texel(surface.emissive, weight, px));
  s.view = unit(shader_->world_from_px * -glm::vec3(px, 1.0f), glm::vec3(0, 1, 0));
  s.normal = seen_normal(weight, px, s.view);
  s.dielectric_reflectance = surface.dielectric_reflectance;
  s.tint = surface.tint;
  s.transmission = surface.transmission;
  s.iridescence = surface.iridescence;
  s.film_ior = surface.film_ior;
  s.film_thickness_nm = surface.film_thickness_nm;
  return light::surface_light(s);
}

float ShadedTriangle::alpha(glm::vec2 px) const {
  return base_color(weights(px), px).a;
}

std::optional<SeenThrough> ShadedTriangle::see_through(glm::vec2 px) const {
  const RasterMaterial& material = shader_->material;
  const glm::vec3 weight = weights(px);
  const glm::vec4 base = base_color(weight, px);
  if (!(base.a >= material.alpha_cutoff)) return std::nullopt;
  if (!material.ignore_alpha && !(base.a > 0)) return std::nullopt;
  const float alpha = material.ignore_alpha ? 1.0f : std::min(base.a, 1.0f);
  if (!material.lit) return SeenThrough{alpha * glm::vec3(base), glm::vec3(1.0f - alpha)};
  const light::SurfaceLight surface = lit(glm::vec3(base), weight, px);
  return SeenThrough{alpha * surface.light, 1.0f - alpha * (1.0f - surface.through)};
}

}  // namespace diorama
