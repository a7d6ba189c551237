// What the splat player and its shaders both read. Metres, the asset's frame, pixels.
#ifdef __cplusplus
#pragma once
#include <glm/glm.hpp>

#include <cstdint>
namespace diorama {
using glm::mat4;
using glm::vec2;
using glm::vec3;
using glm::vec4;
using uint = uint32_t;
#endif

#define kSplatGroup 512u         // splats that are culled and counted together
#define kSplatGroupMasks 16u     // words of 32 bits for them
#define kSplatsPerInstance 32u   // quads of one instance
#define kSplatLastKey 0xffffffu  // of 24 bits: of splats that turn out not to be drawn
#define kSplatAntialiased 1u     // flags
#define kSplatSortByZ 2u

struct SplatFrameConstants {
  mat4 camera_from_world;
  vec3 eye_in_world;
  float near_m;  // centres nearer than this are not drawn
  vec2 focal_px;
  vec2 center_px;
  vec2 least_slope;  // bounds of x / z and y / z where the projection is linearised
  vec2 most_slope;
  vec2 size_px;
  float depth_near_m;  // depth = depth_near_m / z
  uint flags;
  vec3 background;  // sRGB
  uint most_visible;
  uint masks_at;    // in the work buffer, words: which splats are visible, a bit each
  uint offsets_at;  // and how many are in groups before
  uint group_count;
  uint sh_degree;
};

struct SplatRunConstants {
  vec3 sh_range;
  uint first_group;
  uint count;     // of the run
  uint capacity;  // of its chunk
  uint first;     // splat of the chunk that is the run's first
  float weight;   // of opacities, for faded_opacity()
};

// A VkDrawIndexedIndirectCommand, then what else the device counted.
struct SplatArguments {
  uint index_count;
  uint instance_count;
  uint first_index;
  uint vertex_offset;
  uint first_instance;
  uint visible_count;
  uint unused0;
  uint unused1;
};

#ifdef __cplusplus
static_assert(sizeof(SplatFrameConstants) == 160);
static_assert(sizeof(SplatRunConstants) == 32);
static_assert(sizeof(SplatArguments) == 32);
}  // namespace diorama
#endif
