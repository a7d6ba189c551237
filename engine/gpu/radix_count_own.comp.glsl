#version 450
#include "engine/gpu/radix_own.glsl"

// How often each digit is in each invocation's run.
layout(std430, set = 0, binding = 2) buffer Table { uint table[]; };

void main() {
  const uint end = end_key();
  uint i = first_key();
  for (; i + 4 <= end; i += 4) {  // a turn of the loop costs as much as an access
    atomicAdd(table[counter_of(key_at(i))], 1);
    atomicAdd(table[counter_of(key_at(i + 1))], 1);
    atomicAdd(table[counter_of(key_at(i + 2))], 1);
    atomicAdd(table[counter_of(key_at(i + 3))], 1);
  }
  for (; i < end; ++i) atomicAdd(table[counter_of(key_at(i))], 1);
}
