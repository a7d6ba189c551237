#version 450
#include "engine/gpu/radix_own.glsl"

// How often each digit is in each invocation's run.
layout(std430, set = 0, binding = 2) buffer Table { uint table[]; };

void main() {
  const uint end = end_key();
  for (uint i = first_key(); i < end; ++i) atomicAdd(table[counter_of(key_at(i))], 1);
}
