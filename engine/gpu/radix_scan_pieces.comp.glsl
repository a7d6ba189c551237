#version 450
#include "engine/gpu/radix_pieces.glsl"

void main() {
  const uint piece = gl_GlobalInvocationID.x;
  uint place = 0;
  for (uint i = 0; i < piece; ++i) place += table[pass.sums_at + i];
  for (uint i = piece * kPieceWords; i < (piece + 1) * kPieceWords; ++i) {
    const uint at = place_of(i), count = table[at];
    table[at] = place;
    place += count;
  }
}
