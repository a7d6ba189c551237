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
#define DIO_SHARED inline constexpr
#else
#define DIO_SHARED const
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
};

// A run of triangles that lie close together, and the box around them.
struct MeshChunk {
  vec3 min_in_world;
  uint first_index;
  vec3 max_in_world;
  uint index_count;
};

// VkDrawIndexedIndirectCommand.
struct MeshDraw {
  uint index_count;
  uint instance_count;
  uint first_index;
  int vertex_offset;
  uint first_instance;
};

struct MeshCullConstants {
  mat4 clip_from_world;
  uint chunk_count;
};

DIO_SHARED uint kCullGroupSize = 64;

#ifdef __cplusplus
static_assert(sizeof(MeshFrameConstants) == 80);
static_assert(sizeof(MeshMaterialConstants) == 40);
static_assert(sizeof(MeshChunk) == 32);
static_assert(sizeof(MeshDraw) == 20);
static_assert(sizeof(MeshCullConstants) == 68);
}  // namespace diorama
#endif
#undef DIO_SHARED
