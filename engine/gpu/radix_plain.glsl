// The parts of the sort that need no subgroup operations and no atomics within a block: a thread goes through a run of
// keys with counters of its own, a column of `counters`. Two digits share a word: a block has fewer than 2^16 keys.
#include "engine/gpu/radix_sort_shared.h"

layout(local_size_x = 64, local_size_x_id = 0) in;
layout(constant_id = 1) const uint kDigitBits = 6;
layout(constant_id = 2) const uint kKeysPerThread = 32;
layout(constant_id = 3) const uint kCounterStride = 65;   // words from one row of threads to the next
layout(constant_id = 4) const uint kCounterWords = 2080;  // rows * stride

#include "engine/gpu/radix_words.glsl"

shared uint counters[kCounterWords];

const uint kRows = 1u << (kDigitBits - 1u);

uint digit_of(uint key) { return bitfieldExtract(key, int(pass.shift), int(kDigitBits)); }
uint counter_of(uint digit) { return (digit & (kRows - 1u)) * kCounterStride + gl_LocalInvocationID.x; }
uint half_of(uint digit) { return digit >= kRows ? 16u : 0u; }  // bits to shift

uint first_key() {
  return (gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x) * kKeysPerThread;
}
uint end_key() { return min(first_key() + kKeysPerThread, control.key_count); }

void count_own_keys() {
  for (uint row = 0; row < kRows; ++row) counters[row * kCounterStride + gl_LocalInvocationID.x] = 0;
  const uint end = end_key();
  for (uint i = first_key(); i < end; ++i) {
    const uint digit = digit_of(key_at(i));
    counters[counter_of(digit)] += 1u << half_of(digit);
  }
}
