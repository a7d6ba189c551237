// How SplatBuffers stores a splat, read by C++ and shaders. 16 bytes a word:
//   first word   position x, y, z (float); opacity in 10 bits, reach in 6, red of SH degree 0 as half float
//   second word  ln(scale) of x, y, z and a rotation in 48 bits, 16 each; green and blue of degree 0 as half floats
// The rotation leaves its largest component out: a, b, c are the others in order, 15 bits each, turned so that the
// largest is positive: a | (largest & 1) << 15, then b | c << 15 | (largest >> 1) << 30.
// Reach is ln of the largest scale in 64 steps, rounded up.
#ifdef __cplusplus
#pragma once
#endif

#define kSplatLeastLogScale -18.0
#define kSplatLogScaleSpan 32.0
#define kSplatScaleSteps 65535.0
#define kSplatReachSteps 63.0
#define kSplatOpacitySteps 1023.0
#define kSplatRotationSteps 32767.0
#define kSplatCoefficientSteps 127.0
