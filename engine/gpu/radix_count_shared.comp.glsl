#version 450
#include "engine/gpu/radix_sort_shared.h"

// How often each digit of 8 bits is in a block, by atomics in shared memory.
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint kKeysPerThread = 32;
#include "engine/gpu/radix_words.glsl"
layout(std430, set = 0, binding = 2) buffer Table { uint table[]; };

shared uint bins[256];

void main() {
  const uint thread = gl_LocalInvocationID.x, threads = gl_WorkGroupSize.x;
  for (uint i = thread; i < 256; i += threads) bins[i] = 0;
  barrier();
  const uint first = gl_WorkGroupID.x * threads * kKeysPerThread;
  const uint end = min(first + threads * kKeysPerThread, control.key_count);
  for (uint i = first + thread; i < end; i += threads) {
    atomicAdd(bins[bitfieldExtract(key_at(i), int(pass.shift), 8)], 1);
  }
  barrier();
  for (uint i = thread; i < 256; i += threads) {
    const uint count = bins[i];
    table[i * pass.stride + gl_WorkGroupID.x] = count;
    if (count != 0) atomicAdd(table[pass.sums_at + i], count);
  }
}
