#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "engine/scene/mesh.h"

#include <optional>
#include <span>

namespace diorama {

// How the rasteriser shades one mesh. Colour = base_color_linear * vertex colour * texture; unlit.
struct RasterMaterial {
  glm::vec4 base_color_linear{1.0f};
  const ImageRgba8* texture = nullptr;  // sRGB, bilinear
  bool repeat_u = true, repeat_v = true;
  bool double_sided = true;
  float alpha_cutoff = 0.0f;  // fragments with less alpha are dropped
  bool blend = false;         // drawn after the opaque meshes, over them, in mesh order; writes no depth
  bool lit = false;           // headlight shading by the normal, for materials that are not unlit
};

struct RasterMesh {
  const Mesh* mesh = nullptr;
  RasterMaterial material;
};

struct RasterOptions {
  int samples = 4;  // colour samples a pixel: 1 or 4 (fixed pattern); depth is always that of the pixel's centre
  float near_m = 0.01f;
  glm::vec3 background{0};  // sRGB [0, 1]
};

struct RasterResult {
  ImageRgba8 color;   // sRGB over the background, alpha 255
  ImageF32 depth_m;   // planar z at the pixel's centre, 0 = nothing there
  ImageF32 coverage;  // share of the samples that hit a surface, [0, 1]
};

// Draws meshes as the camera sees them. The same bits for any thread count.
RasterResult rasterize(std::span<const RasterMesh> meshes, const Camera& camera, const RasterOptions& options,
                       ThreadPool& pool);

}  // namespace diorama
