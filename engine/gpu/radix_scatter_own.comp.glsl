#version 450
#include "engine/gpu/radix_own.glsl"

// Moves each run's pairs to their places by one digit, equal digits in the order in which they came.
#define RADIX_TABLE
#include "engine/gpu/radix_words_out.glsl"

void move(uint i) {
  const uint key = key_at(i);
  put_pair(atomicAdd(table[counter_of(key)], 1), key, value_at(i, key));
}

void main() {
  const uint end = end_key();
  uint i = first_key();
  for (; i + 4 <= end; i += 4) {
    move(i);
    move(i + 1);
    move(i + 2);
    move(i + 3);
  }
  for (; i < end; ++i) move(i);
}
