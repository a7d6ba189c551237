#version 450
#include "engine/gpu/radix_plain.glsl"

// Moves a block's pairs to their places by one digit, equal digits in the order in which they came.
#define RADIX_TABLE readonly
#include "engine/gpu/radix_words_out.glsl"

void main() {
  count_own_keys();
  barrier();
  for (uint row = gl_LocalInvocationID.x; row < kRows; row += gl_WorkGroupSize.x) {
    uint sum = 0;  // of both digits at once
    for (uint i = row * kCounterStride; i < row * kCounterStride + gl_WorkGroupSize.x; ++i) {
      const uint count = counters[i];
      counters[i] = sum;
      sum += count;
    }
  }
  barrier();
  const uint end = end_key();
  for (uint i = first_key(); i < end; ++i) {
    const uint key = key_at(i), digit = digit_of(key), at = counter_of(digit), half_shift = half_of(digit);
    const uint places = counters[at];
    counters[at] = places + (1u << half_shift);
    put_pair(table[digit * pass.stride + gl_WorkGroupID.x] + (places >> half_shift & 0xffffu), key, value_at(i, key));
  }
}
