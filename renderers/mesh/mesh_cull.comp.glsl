#version 450
#include "renderers/mesh/mesh_shared.h"

// Writes one indirect draw a chunk; a chunk outside the view draws nothing.
layout(local_size_x = kCullGroupSize) in;
layout(std430, set = 0, binding = 0) readonly buffer Chunks { MeshChunk chunks[]; };
layout(std430, set = 0, binding = 1) writeonly buffer Draws { MeshDraw draws[]; };
layout(push_constant) uniform Constants { MeshCullConstants constants; };

// Bit set: the point lies beyond that side of the view.
uint sides_beyond(vec4 p) {
  return (p.x < -p.w ? 1u : 0u) | (p.x > p.w ? 2u : 0u) | (p.y < -p.w ? 4u : 0u) | (p.y > p.w ? 8u : 0u) |
         (p.z > p.w ? 16u : 0u);
}

void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i >= constants.chunk_count) return;
  MeshChunk chunk = chunks[i];
  uint beyond = 31u;
  for (uint corner = 0; corner < 8; ++corner) {
    bvec3 high = bvec3((corner & 1u) != 0, (corner & 2u) != 0, (corner & 4u) != 0);
    vec3 p = mix(chunk.min_in_world, chunk.max_in_world, high);
    beyond &= sides_beyond(constants.clip_from_world * vec4(p, 1));
  }
  draws[i].index_count = chunk.index_count;
  draws[i].instance_count = beyond == 0 ? 1 : 0;
  draws[i].first_index = chunk.first_index;
  draws[i].vertex_offset = 0;
  draws[i].first_instance = 0;
}
