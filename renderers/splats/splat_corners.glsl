#include "renderers/splats/splat_player_shared.h"

// A parallelogram around what a splat draws (alpha >= 1/255), far to near.
layout(set = 0, binding = 0) uniform Frame { SplatFrameConstants frame; };
layout(std430, set = 0, binding = 1) readonly buffer Shapes { vec4 shapes[]; };
layout(std430, set = 0, binding = 2) readonly buffer Looks { uvec4 looks[]; };
layout(std430, set = 0, binding = 3) readonly buffer Order { uint order[]; };
layout(std430, set = 0, binding = 4) readonly buffer Arguments { SplatArguments arguments; };

layout(location = 0) out vec2 deviations;
layout(location = 1) flat out vec4 color_opacity;
#ifdef WITH_DEPTH
layout(location = 2) flat out float z_m;
#endif

void main() {
  const uint from_far = gl_InstanceIndex * kSplatsPerInstance + (gl_VertexIndex >> 2);
  gl_Position = vec4(2, 2, 0, 1);
  deviations = vec2(0);
  color_opacity = vec4(0);
#ifdef WITH_DEPTH
  z_m = 1;
#endif
  if (from_far >= arguments.visible_count) return;
  const uint place = order[arguments.visible_count - 1 - from_far];
  const uvec4 look = looks[place];
  const vec4 shape = shapes[place];
  const vec2 blue_opacity = unpackHalf2x16(look.w);
  if (shape.z == 0.0) return;
  color_opacity = vec4(unpackHalf2x16(look.z), blue_opacity);
  const float z = uintBitsToFloat(look.y);
#ifdef WITH_DEPTH
  z_m = z;
#endif
  const vec2 corner = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1 & 1) * 2.0 - 1.0;
  deviations = corner * sqrt(2.0 * log(255.0 * max(blue_opacity.y, 1.0 / 255.0)));
  const vec2 px = shape.xy + vec2(shape.z * deviations.x, shape.w * deviations.x + uintBitsToFloat(look.x) * deviations.y);
  gl_Position = vec4(px / frame.size_px * 2.0 - 1.0, min(frame.depth_near_m / z, 1.0), 1);
}
