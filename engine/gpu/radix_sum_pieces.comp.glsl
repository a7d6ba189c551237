#version 450
#include "engine/gpu/radix_pieces.glsl"

void main() {
  const uint piece = gl_GlobalInvocationID.x;
  uint sum = 0;
  for (uint i = 0; i < kPieceWords; ++i) sum += table[place_of(piece * kPieceWords + i)];
  table[pass.sums_at + piece] = sum;
}
