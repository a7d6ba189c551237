// The scan of the whole table by pieces, one an invocation.
#include "engine/gpu/radix_sort_shared.h"
layout(local_size_x = 8) in;
layout(constant_id = 0) const uint kTableWords = 1;
layout(constant_id = 1) const uint kPieces = 1;
layout(std430, set = 0, binding = 0) buffer Table { uint table[]; };
layout(push_constant) uniform Constants { RadixPassConstants pass; };

const uint kPieceWords = kTableWords / kPieces;  // without a rest
