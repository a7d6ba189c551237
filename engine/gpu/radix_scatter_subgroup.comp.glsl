#version 450
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require
#include "engine/gpu/radix_sort_shared.h"

// Moves a block's pairs to their places by one digit of 8 bits. A subgroup goes through a segment of the block, one key
// an invocation at a time: ballots find those with the same digit, whose order is that of the invocations (the
// multi-split of Ashkiani et al. 2016).
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint kCounterWords = 2048;  // 256 a subgroup
const uint kKeysPerThread = 32;
#define RADIX_TABLE readonly
#include "engine/gpu/radix_words.glsl"
#include "engine/gpu/radix_words_out.glsl"

shared uint counters[kCounterWords];

uint digit_of(uint key) { return bitfieldExtract(key, int(pass.shift), 8); }

// Invocations whose digit is the same.
uvec4 peers_of(uint digit) {
  uvec4 peers = subgroupBallot(true);
  for (int bit = 0; bit < 8; ++bit) {
    const bool is_set = (digit >> bit & 1u) != 0;
    const uvec4 with_bit = subgroupBallot(is_set);
    peers &= is_set ? with_bit : ~with_bit;
  }
  return peers;
}

// Rank among the keys of the same digit that the subgroup saw so far.
uint take_rank(uint digit) {
  const uvec4 peers = peers_of(digit);
  const uint at = gl_SubgroupID * 256 + digit, before = subgroupBallotExclusiveBitCount(peers);
  const uint seen = counters[at];
  subgroupMemoryBarrierShared();
  subgroupBarrier();
  if (before == 0) counters[at] = seen + subgroupBallotBitCount(peers);
  subgroupMemoryBarrierShared();
  subgroupBarrier();
  return seen + before;
}

void main() {
  const uint thread = gl_LocalInvocationID.x, threads = gl_WorkGroupSize.x;
  for (uint i = thread; i < kCounterWords; i += threads) counters[i] = 0;
  barrier();
  const uint lanes = threads / gl_NumSubgroups;
  const uint first = (gl_WorkGroupID.x * threads + gl_SubgroupID * lanes) * kKeysPerThread + gl_SubgroupInvocationID;
  uint ranks[kKeysPerThread];
  for (uint k = 0; k < kKeysPerThread; ++k) {
    const uint i = first + k * lanes;
    // What lies past the end comes after all keys of the block, so that it moves none of them.
    ranks[k] = take_rank(i < control.key_count ? digit_of(key_at(i)) : 255u);
  }
  barrier();
  for (uint digit = thread; digit < 256; digit += threads) {
    uint place = table[digit * pass.stride + gl_WorkGroupID.x];
    for (uint i = digit; i < gl_NumSubgroups * 256; i += 256) {
      const uint count = counters[i];
      counters[i] = place;
      place += count;
    }
  }
  barrier();
  for (uint k = 0; k < kKeysPerThread; ++k) {
    const uint i = first + k * lanes;
    if (i >= control.key_count) break;
    const uint key = key_at(i);
    put_pair(counters[gl_SubgroupID * 256 + digit_of(key)] + ranks[k], key, value_at(i, key));
  }
}
