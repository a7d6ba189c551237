#version 450
#include "renderers/splats/splat_player_shared.h"

// One workgroup: the groups' counts become offsets, and their sum the arguments of the draw.
layout(local_size_x = 128) in;
layout(set = 0, binding = 0) uniform Frame { SplatFrameConstants frame; };
layout(std430, set = 0, binding = 1) buffer Work { uint work[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Arguments { SplatArguments arguments; };

shared uint sums[128];

void main() {
  const uint thread = gl_LocalInvocationID.x, threads = gl_WorkGroupSize.x;
  const uint run = (frame.group_count + threads - 1) / threads;
  const uint first = min(thread * run, frame.group_count), end = min(first + run, frame.group_count);
  uint sum = 0;
  for (uint i = first; i < end; ++i) sum += work[frame.offsets_at + i];
  sums[thread] = sum;
  barrier();
  uint offset = 0;
  for (uint i = 0; i < thread; ++i) offset += sums[i];
  if (thread == threads - 1) {
    const uint visible = min(offset + sum, frame.most_visible);
    arguments = SplatArguments(6 * kSplatsPerInstance, (visible + kSplatsPerInstance - 1) / kSplatsPerInstance, 0, 0, 0,
                               visible, 0, 0);
  }
  for (uint i = first; i < end; ++i) {
    const uint count = work[frame.offsets_at + i];
    work[frame.offsets_at + i] = offset;
    offset += count;
  }
}
