// What GpuDequantizer and its shader both read. Metres; codes as docs/splat_video.md has them.
#ifdef __cplusplus
#pragma once
#include <glm/glm.hpp>

#include <cstdint>
namespace diorama {
using glm::uvec2;
using glm::uvec4;
using glm::vec4;
using uint = uint32_t;
#endif

#define kDequantizeScalars 22

struct DequantizeConstants {
  vec4 rotation_xyzw;                // asset_from_capture
  vec4 translation;                  // w is not used
  vec4 sh_range;                     // of SplatBufferOptions
  vec4 ranges[kDequantizeScalars];   // of a scalar: low, step, levels
  uvec4 places[kDequantizeScalars];  // of a scalar's tile: its first byte in the picture, bytes a row
  uint blocks_wide;                  // of a tile
  uint sh_degree;                    // of the group
  uint node_count;
  uint unused;
};

// A dispatch: splats of the group, and where they go in a chunk of SplatBuffers.
struct DequantizePart {
  uint first;  // of the group
  uint count;
  uint at;        // of the chunk
  uint capacity;  // of the chunk
  uint sh_words;  // of the chunk, a splat
  uint sh_count;  // coefficients above degree 0 that the chunk keeps
  uint sh_bytes;  // 1: in 8 bits
  uint unused;
};

#ifdef __cplusplus
static_assert(sizeof(DequantizeConstants) == 48 + 32 * kDequantizeScalars + 16);
static_assert(sizeof(DequantizePart) == 32);
}  // namespace diorama
#endif
