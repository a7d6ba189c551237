// The scan of the whole table, digit by digit and part by part in each, by pieces, one an invocation.
#include "engine/gpu/radix_sort_shared.h"
layout(local_size_x = 8) in;
layout(constant_id = 0) const uint kTableWords = 1;
layout(constant_id = 1) const uint kPieces = 1;
layout(constant_id = 2) const uint kDigits = 1;
layout(std430, set = 0, binding = 0) buffer Table { uint table[]; };
layout(push_constant) uniform Constants { RadixPassConstants pass; };

const uint kPieceWords = kTableWords / kPieces;  // without a rest

// Where the i-th count lies: of digit i / stride and part i % stride.
uint place_of(uint i) {
  const uint digit = i / pass.stride, part = i % pass.stride, group = gl_WorkGroupSize.x;
  return digit < kDigits ? (part / group * kDigits + digit) * group + part % group : i;  // what is left over: nobody's
}
