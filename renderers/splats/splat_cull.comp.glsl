#version 450
#include "renderers/splats/splat_read.glsl"

// Marks the splats that may reach a pixel's centre, by a sphere around each, and counts them group by group.
layout(local_size_x = 128) in;
layout(std430, set = 1, binding = 1) writeonly buffer Work { uint work[]; };

shared uint masks[kSplatGroupMasks];

// NaN fails.
bool may_be_seen(uvec4 first) {
  const vec3 p = in_camera(position_of(first));
  const float reach2 = 2.0 * (log(opacity_of(first)) + kLn255);
  if (!(p.z >= frame.near_m && reach2 > 0.0)) return false;
  const vec2 slope = p.xy / p.z, bounded = clamp(slope, frame.least_slope, frame.most_slope);
  const vec2 spread = reach_of(first) * frame.focal_px / p.z;
  const vec2 half_px = sqrt((spread * spread * (bounded * bounded + 1.0) + kLowPass_px2) * reach2) + 0.01;
  const vec2 mean_px = slope * frame.focal_px + frame.center_px;
  return all(greaterThanEqual(mean_px + half_px, vec2(0.5))) &&
         all(lessThanEqual(mean_px - half_px, frame.size_px - 0.5));
}

void main() {
  const uint thread = gl_LocalInvocationID.x, group = run.first_group + gl_WorkGroupID.x;
  if (thread < kSplatGroupMasks) masks[thread] = 0;
  barrier();
  for (uint i = thread; i < kSplatGroup; i += gl_WorkGroupSize.x) {
    const uint splat = gl_WorkGroupID.x * kSplatGroup + i;
    if (splat < run.count && may_be_seen(words[run.first + splat])) atomicOr(masks[i >> 5], 1u << (i & 31u));
  }
  barrier();
  if (thread < kSplatGroupMasks) work[frame.masks_at + group * kSplatGroupMasks + thread] = masks[thread];
  if (thread != 0) return;
  uint count = 0;
  for (uint i = 0; i < kSplatGroupMasks; ++i) count += bitCount(masks[i]);
  work[frame.offsets_at + group] = count;
}
