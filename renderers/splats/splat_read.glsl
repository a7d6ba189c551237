// Splats as SplatBuffers stores them.
#include "engine/gpu/splat_storage_shared.h"
#include "renderers/splats/splat_player_shared.h"

layout(std430, set = 0, binding = 0) readonly buffer Chunk { uvec4 words[]; };
layout(set = 1, binding = 0) uniform Frame { SplatFrameConstants frame; };
layout(push_constant) uniform Constants { SplatRunConstants run; };

const float kLn255 = 5.54126354;
const float kLowPass_px2 = 0.3;  // added to the projected covariance's diagonal

float opacity_of(uvec4 first) { return float(first.w & 1023u) / kSplatOpacitySteps; }

float scale_of(float share) { return exp(share * kSplatLogScaleSpan + kSplatLeastLogScale); }

// As large as the largest scale or a little larger.
float reach_of(uvec4 first) { return scale_of(float(first.w >> 10 & 63u) / kSplatReachSteps); }

vec3 position_of(uvec4 first) { return uintBitsToFloat(first.xyz); }
vec3 in_camera(vec3 position) { return (frame.camera_from_world * vec4(position, 1)).xyz; }
