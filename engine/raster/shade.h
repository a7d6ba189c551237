#pragma once

#include "engine/raster/screen_triangles.h"

#include <span>

namespace diorama {

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

  // Linear straight colour at a pixel position; a position outside the triangle takes the nearest inside, roughly.
  glm::vec4 at(glm::vec2 px) const;

 private:
  glm::vec3 weights(glm::vec2 px) const;  // of the whole triangle's corners, perspective-correct
  glm::vec4 texel(glm::vec3 weight, glm::vec2 px) const;
  float headlight(glm::vec3 weight, glm::vec2 px) const;

  const MeshShader* shader_;
  glm::uvec3 corners_;
  const ClippedCorners* clipped_ = nullptr;
  glm::vec2 origin_px_, edge1_, edge2_;
  float inverse_area_;
  glm::vec3 inverse_z_;
};

}  // namespace diorama
