#include "engine/raster/shade.h"

#include <algorithm>
#include <cmath>

namespace diorama {
glm::vec3 ShadedTriangle::in_whole_triangle(glm::vec3 weight_in_piece) const {
  const auto& b = clipped_->barycentric;
  return weight_in_piece.x * b[0] + weight_in_piece.y * b[1] + weight_in_piece.z * b[2];
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

}  // namespace diorama
