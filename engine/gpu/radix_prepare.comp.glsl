#version 450
#include "engine/gpu/radix_sort_shared.h"

// Turns the number of keys into dispatches, and clears the totals by digit.
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer Counts { uint counts[]; };
layout(std430, set = 0, binding = 1) writeonly buffer Control { RadixControl control; };
layout(std430, set = 0, binding = 2) writeonly buffer Table { uint table[]; };
layout(push_constant) uniform Constants {
  uint count_at;     // in `counts`
  uint most;         // keys that there is room for
  uint block_keys;
  uint sums_at;
  uint sum_count;   // of all passes
};

void main() {
  const uint thread = gl_LocalInvocationID.x;
  for (uint i = thread; i < sum_count; i += gl_WorkGroupSize.x) table[sums_at + i] = 0;
  if (thread != 0) return;
  const uint count = min(counts[count_at], most);
  control = RadixControl((count + block_keys - 1) / block_keys, 1, 1, count);
}
