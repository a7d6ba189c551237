#version 450
#include "engine/gpu/radix_own.glsl"

// Moves each run's pairs to their places by one digit, equal digits in the order in which they came.
#define RADIX_TABLE
#include "engine/gpu/radix_words_out.glsl"

void main() {
  const uint end = end_key();
  for (uint i = first_key(); i < end; ++i) {
    const uint key = key_at(i);
    put_pair(atomicAdd(table[counter_of(key)], 1), key, value_at(i));
  }
}
