#version 450
#include "renderers/splats/splat_read.glsl"
#include "renderers/splats/splat_color.glsl"
#include "engine/scene/splat_fade_shared.h"

// Projects the visible splats (EWA, as engine/raster does) into consecutive places, in their order.
layout(local_size_x = 128) in;
layout(std430, set = 1, binding = 1) buffer Work { uint work[]; };  // keys from 0 on
layout(std430, set = 1, binding = 2) writeonly buffer Shapes { vec4 shapes[]; };
layout(std430, set = 1, binding = 3) writeonly buffer Looks { uvec4 looks[]; };

// Place among the visible ones; none where the splat is not.
const uint kNone = ~0u;
uint place_of(uint splat) {
  const uint group = run.first_group + splat / kSplatGroup, bit = splat % kSplatGroup;
  const uint masks = frame.masks_at + group * kSplatGroupMasks;
  const uint mask = work[masks + (bit >> 5)];
  if ((mask >> (bit & 31u) & 1u) == 0) return kNone;
  uint place = work[frame.offsets_at + group] + bitCount(mask & ((1u << (bit & 31u)) - 1u));
  for (uint i = 0; i < bit >> 5; ++i) place += bitCount(work[masks + i]);
  return place;
}

vec4 rotation_of(uvec4 second) {
  const uint low = second.y >> 16, high = second.z;
  const vec3 rest =
      (vec3(low & 0x7fffu, high & 0x7fffu, high >> 15 & 0x7fffu) / kSplatRotationSteps * 2.0 - 1.0) * sqrt(0.5);
  const float largest = sqrt(max(1.0 - dot(rest, rest), 0.0));
  switch ((low >> 15) | (high >> 30 << 1)) {
    case 0u: return vec4(largest, rest);
    case 1u: return vec4(rest.x, largest, rest.yz);
    case 2u: return vec4(rest.xy, largest, rest.z);
    default: return vec4(rest, largest);
  }
}

// Columns: the splat's axes in the world, as long as its scales.
mat3 axes_of(uvec4 second) {
  const vec4 q = rotation_of(second);
  const vec3 share = vec3(second.x & 0xffffu, second.x >> 16, second.y & 0xffffu) / kSplatScaleSteps;
  const float x = q.x, y = q.y, z = q.z, w = q.w;
  return mat3(vec3(1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)) * scale_of(share.x),
              vec3(2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)) * scale_of(share.y),
              vec3(2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)) * scale_of(share.z));
}

uint key_of(vec3 p) {
  const float range = (frame.flags & kSplatSortByZ) != 0 ? p.z : length(p);
  // Bits of positive floats are in their order: 20 of the mantissa, over 16 octaves from the nearest on.
  const uint steps = (floatBitsToUint(max(range, frame.near_m)) - floatBitsToUint(frame.near_m)) >> 3;
  return min(steps, kSplatLastKey - 1);
}

void main() {
  const uint splat = gl_GlobalInvocationID.x;
  if (splat >= run.count) return;
  const uint place = place_of(splat);
  if (place >= frame.most_visible) return;
  const uint at = run.first + splat;
  const uvec4 first = words[at], second = words[run.capacity + at];
  const vec3 position = position_of(first), p = in_camera(position);
  const vec2 slope = p.xy / p.z, bounded = clamp(slope, frame.least_slope, frame.most_slope);
  const vec2 focal = frame.focal_px / p.z;
  const mat3 axes = mat3(frame.camera_from_world) * axes_of(second);
  const vec3 spread_x = focal.x * (vec3(axes[0].x, axes[1].x, axes[2].x) - bounded.x * vec3(axes[0].z, axes[1].z, axes[2].z));
  const vec3 spread_y = focal.y * (vec3(axes[0].y, axes[1].y, axes[2].y) - bounded.y * vec3(axes[0].z, axes[1].z, axes[2].z));
  const float sharp_x = dot(spread_x, spread_x), sharp_y = dot(spread_y, spread_y);
  const float var_x = sharp_x + kLowPass_px2, cov = dot(spread_x, spread_y);
  // Cauchy-Binet: without the difference that thin splats would not survive.
  const vec3 across = cross(spread_x, spread_y);
  const float det_sharp = dot(across, across), det = det_sharp + kLowPass_px2 * (sharp_x + sharp_y + kLowPass_px2);
  float opacity = faded_opacity(opacity_of(first), run.weight);
  if ((frame.flags & kSplatAntialiased) != 0) opacity *= sqrt(max(det_sharp / det, 0.005 * 0.005));
  const vec3 color = color_of(at, first, second, normalize(position - frame.eye_in_world));
  const float deviation = sqrt(var_x);
  // NaN fails: such a splat has no size.
  const bool sound = det < 1e30 && opacity * 255.0 > 1.0 && all(lessThan(color, vec3(1e30)));
  const vec2 mean_px = slope * frame.focal_px + frame.center_px;
  work[place] = sound ? key_of(p) : kSplatLastKey;
  shapes[place] = sound ? vec4(mean_px, deviation, cov / deviation) : vec4(0);
  // 65504 is the largest half float.
  looks[place] = sound ? uvec4(floatBitsToUint(sqrt(det / var_x)), floatBitsToUint(p.z),
                               packHalf2x16(min(color.rg, 65504.0)), packHalf2x16(vec2(min(color.b, 65504.0), opacity)))
                       : uvec4(0);
}
