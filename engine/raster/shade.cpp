#include "engine/raster/shade.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

float positive(float value) {
  return value > 0.0f ? value : 0.0f;  // NaN becomes 0
}

}  // namespace

ShadedTriangle::ShadedTriangle(const MeshShader& shader, const TriangleChunk& chunk, uint32_t index)
    : shader_(&shader), corners_(shader.mesh->triangles[chunk.triangles[index].triangle]) {
  const uint32_t clipped = chunk.triangles[index].clipped;
  if (clipped != kNotClipped) clipped_ = &chunk.clipped[clipped];
  const auto vertex = [&](int i) -> const ScreenVertex& {
    return clipped_ != nullptr ? clipped_->corner[i] : shader.vertices[corners_[i]];
  };
  origin_px_ = vertex(0).px;
  edge1_ = vertex(1).px - origin_px_;
  edge2_ = vertex(2).px - origin_px_;
  inverse_area_ = 1.0f / (edge1_.x * edge2_.y - edge1_.y * edge2_.x);
  inverse_z_ = {vertex(0).inverse_z, vertex(1).inverse_z, vertex(2).inverse_z};
}

glm::vec3 ShadedTriangle::weights(glm::vec2 px) const {
  const glm::vec2 d = px - origin_px_;
  const float second = (d.x * edge2_.y - d.y * edge2_.x) * inverse_area_;
  const float third = (edge1_.x * d.y - edge1_.y * d.x) * inverse_area_;
  const glm::vec3 on_screen(positive(1.0f - second - third), positive(second), positive(third));
  const glm::vec3 scaled = on_screen * inverse_z_;
  const float sum = scaled.x + scaled.y + scaled.z;
  // A sliver, or so far that 1/z has no precision left: the first corner stands for all.
  const bool usable = sum > std::numeric_limits<float>::min() && sum <= std::numeric_limits<float>::max();
  const glm::vec3 weight = usable ? scaled / sum : glm::vec3(1, 0, 0);
  if (clipped_ == nullptr) return weight;
  const auto& b = clipped_->barycentric;
  return weight.x * b[0] + weight.y * b[1] + weight.z * b[2];
}

glm::vec4 ShadedTriangle::texel(glm::vec3 weight, glm::vec2 px) const {
  const RasterMaterial& material = shader_->material;
  const std::vector<glm::vec2>& uvs = shader_->mesh->uvs;
  const auto uv_at = [&](glm::vec3 w) { return w.x * uvs[corners_.x] + w.y * uvs[corners_.y] + w.z * uvs[corners_.z]; };
  const glm::vec2 uv = uv_at(weight);
  float texels_per_px = 0.0f;
  if (material.mips != nullptr) {
    const glm::vec2 size(material.texture->size_px());
    const glm::vec2 across = (uv_at(weights(px + glm::vec2(1, 0))) - uv) * size;
    const glm::vec2 down = (uv_at(weights(px + glm::vec2(0, 1))) - uv) * size;
    texels_per_px = std::max(glm::length(across), glm::length(down));
  }
  return sample_texture({material.texture, material.mips, material.repeat_u, material.repeat_v}, uv, texels_per_px);
}

float ShadedTriangle::headlight(glm::vec3 weight, glm::vec2 px) const {
  const Mesh& mesh = *shader_->mesh;
  const glm::vec3 view = shader_->world_from_px * glm::vec3(px, 1.0f);
  glm::vec3 normal;
  if (mesh.normals.empty()) {
    const glm::vec3 a = mesh.positions[corners_.x];
    normal = glm::cross(mesh.positions[corners_.y] - a, mesh.positions[corners_.z] - a);
  } else {
    normal =
        weight.x * mesh.normals[corners_.x] + weight.y * mesh.normals[corners_.y] + weight.z * mesh.normals[corners_.z];
  }
  const float scale = glm::length(normal) * glm::length(view);
  const float cosine = scale > 0 && std::isfinite(scale) ? std::abs(glm::dot(normal, view)) / scale : 1.0f;
  return 0.2f + 0.8f * std::min(cosine, 1.0f);
}

glm::vec4 ShadedTriangle::at(glm::vec2 px) const {
  const RasterMaterial& material = shader_->material;
  const std::vector<glm::vec4>& colors = shader_->mesh->colors_linear;
  const glm::vec3 weight = weights(px);
  glm::vec4 color = material.base_color_linear;
  if (!colors.empty()) {
    color *= weight.x * colors[corners_.x] + weight.y * colors[corners_.y] + weight.z * colors[corners_.z];
  }
  if (material.texture != nullptr) color *= texel(weight, px);
  if (material.lit) color = glm::vec4(glm::vec3(color) * headlight(weight, px), color.a);
  return color;
}

}  // namespace diorama
