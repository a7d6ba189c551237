#version 450
#include "engine/gpu/radix_sort_shared.h"

// A workgroup a digit: its counts become first places, block by block, after those of all lower digits.
layout(local_size_x = 128, local_size_x_id = 0) in;
layout(std430, set = 0, binding = 0) readonly buffer Control { RadixControl control; };
layout(std430, set = 0, binding = 1) buffer Table { uint table[]; };
layout(push_constant) uniform Constants { RadixPassConstants pass; };

shared uint sums[128];   // of each thread's run of blocks
shared uint bases[128];  // of each thread's share of the lower digits

void main() {
  const uint thread = gl_LocalInvocationID.x, digit = gl_WorkGroupID.x, threads = gl_WorkGroupSize.x;
  const uint blocks = control.groups_x;
  const uint run = (blocks + threads - 1) / threads;
  const uint row = digit * pass.stride;
  const uint first = min(thread * run, blocks), end = min(first + run, blocks);
  uint sum = 0, base = 0;
  for (uint i = first; i < end; ++i) sum += table[row + i];
  for (uint i = thread; i < digit; i += threads) base += table[pass.sums_at + i];
  sums[thread] = sum;
  bases[thread] = base;
  barrier();
  uint place = 0;
  for (uint i = 0; i < threads; ++i) {
    place += bases[i];
    if (i < thread) place += sums[i];
  }
  for (uint i = first; i < end; ++i) {
    const uint count = table[row + i];
    table[row + i] = place;
    place += count;
  }
}
