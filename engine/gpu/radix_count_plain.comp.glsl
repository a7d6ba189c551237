#version 450
#include "engine/gpu/radix_plain.glsl"

// How often each digit is in a block.
layout(std430, set = 0, binding = 2) buffer Table { uint table[]; };

void put(uint digit, uint count) {
  table[digit * pass.stride + gl_WorkGroupID.x] = count;
  if (count != 0) atomicAdd(table[pass.sums_at + digit], count);
}

void main() {
  count_own_keys();
  barrier();
  for (uint row = gl_LocalInvocationID.x; row < kRows; row += gl_WorkGroupSize.x) {
    uint sum = 0;
    for (uint i = 0; i < gl_WorkGroupSize.x; ++i) sum += counters[row * kCounterStride + i];
    put(row, sum & 0xffffu);
    put(row + kRows, sum >> 16);
  }
}
