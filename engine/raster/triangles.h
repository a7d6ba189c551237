#pragma once

#include "engine/base/thread_pool.h"
#include "engine/raster/texture.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "engine/scene/mesh.h"

#include <optional>
#include <span>

namespace diorama {

// A texture and how it reads the mesh's coordinates: transform * (uvs of the set, 1).
struct RasterMap {
  TextureView view;  // no image: absent
  int uv_set = 0;    // 1: Mesh::second_uvs
  glm::mat3x2 uv_transform{1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f};
};

// What lit materials have beside their base colour: surface_light_shared.h, glTF's metallic-roughness.
struct RasterSurface {
  float metallic = 1.0f, roughness = 1.0f;
  RasterMap metallic_roughness;  // data: G roughness, B metallic
  RasterMap normal;              // data; needs tangents
  float normal_scale = 1.0f;
  RasterMap occlusion;  // data: R
  float occlusion_strength = 1.0f;
  RasterMap emissive;
  glm::vec3 emissive_linear{0.0f};
  float dielectric_reflectance = 0.04f;
  float transmission = 0.0f;  // with `blend`: what is behind comes through, tinted by base colour and `tint`
  glm::vec3 tint{1.0f};
  float iridescence = 0.0f, film_ior = 1.3f, film_thickness_nm = 400.0f;
};

// How the rasteriser shades one mesh: base_color_linear * vertex colour * texture, all linear; alpha likewise.
struct RasterMaterial {
  glm::vec4 base_color_linear{1.0f};
  const ImageRgba8* texture = nullptr;  // sRGB, straight alpha; bilinear, or trilinear where `mips` are given
  const MipChain* mips = nullptr;       // make_mips(texture): made once by who draws it more than once
  bool repeat_u = true, repeat_v = true;
  bool double_sided = true;
  float alpha_cutoff = 0.0f;  // samples with less alpha are dropped; what is left of an opaque mesh counts as alpha 1
  bool blend = false;  // drawn after the opaque meshes, over them (in linear light), meshes by the middles of their
                       // boxes and triangles by theirs, far to near; writes no depth
  bool lit = false;    // by sky and sun, as `surface` says
  bool ignore_alpha = false;  // of a blended mesh: what the cutoff leaves counts as alpha 1
  bool mirror_u = false, mirror_v = false, nearest = false;  // of the texture, as its TextureView has them
  int uv_set = 0;
  glm::mat3x2 uv_transform{1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f};
  RasterSurface surface;

  RasterMap base_map() const {
    return {{texture, mips, repeat_u, repeat_v, mirror_u, mirror_v, nearest}, uv_set, uv_transform};
  }
};

struct RasterMesh {
  const Mesh* mesh = nullptr;
  RasterMaterial material;
};

struct RasterOptions {
  int samples = 4;  // colour samples a pixel: 1 or 4 (fixed pattern); depth is always that of the pixel's centre
  float near_m = 0.01f;
  glm::vec3 background{0.0f};  // sRGB [0, 1]
};

struct RasterResult {
  ImageRgba8 color;   // sRGB over the background, alpha 255
  ImageF32 depth_m;   // planar z at the pixel's centre, 0 = nothing there
  ImageF32 coverage;  // share of the samples that hit a surface, [0, 1]
};

// Draws meshes as the camera sees them. Each sample on an edge that two triangles share belongs to just one of them;
// depth and attributes are those of the exact plane at the sample (corners are snapped to 1/256 pixel for coverage
// alone). The same bits for any thread count and instruction set. Error kInvalidInput: what check_mesh, check_camera
// refuse, or a mesh with a texture but no texture coordinates. Memory: 20 bytes a vertex, at most 100 a triangle.
RasterResult rasterize(std::span<const RasterMesh> meshes, const Camera& camera, const RasterOptions& options,
                       ThreadPool& pool);

}  // namespace diorama
