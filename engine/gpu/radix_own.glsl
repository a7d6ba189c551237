// The parts of the sort for software drivers: few invocations, each with a long run of keys and counters of its own in
// the table, so that digits may have many bits. An access costs about the same wherever it goes, and an atomic one
// less than a load and a store.
#include "engine/gpu/radix_sort_shared.h"
layout(local_size_x = 8) in;
layout(constant_id = 0) const uint kDigitBits = 11;
#include "engine/gpu/radix_words.glsl"

uint own_run() { return (control.key_count + pass.stride - 1) / pass.stride; }
uint first_key() { return min(gl_GlobalInvocationID.x * own_run(), control.key_count); }
uint end_key() { return min(first_key() + own_run(), control.key_count); }

uint counter_of(uint key) {
  const uint digit = bitfieldExtract(key, int(pass.shift), int(kDigitBits));
  return (gl_WorkGroupID.x << kDigitBits | digit) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}
