// What the mesh renderer and its shaders both read. Metres, the asset's frame, linear light.
#ifdef __cplusplus
#pragma once
#include <glm/glm.hpp>

#include <cstdint>
namespace diorama {
using glm::mat4;
using glm::vec3;
using glm::vec4;
using uint = uint32_t;
#endif

// Reversed depth with the far plane at infinity: depth = near_m / z.
struct MeshFrameConstants {
  mat4 clip_from_world;
  vec3 eye_in_world;
  uint unused;
};

struct MeshMaterialConstants {
  vec4 base_color;
  vec3 emissive;
  float alpha_cutoff;  // 0 unless the alpha mode is mask
  float metallic;
  float roughness;
  float normal_scale;
  float occlusion_strength;
  vec3 tint;
  float transmission;
  float dielectric_reflectance;
  float iridescence;
  float film_ior;
  float film_thickness_nm;
  // Of each texture: uv = matrix.xy * u + matrix.zw * v + offset.xy, of set offset.z.
  vec4 uv_matrix[5];
  vec4 uv_offset[5];
};

#ifdef __cplusplus
static_assert(sizeof(MeshFrameConstants) == 80);
static_assert(sizeof(MeshMaterialConstants) == 240);
}  // namespace diorama
#endif
