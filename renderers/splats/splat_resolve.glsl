#include "renderers/splats/splat_player_shared.h"

// Splats over what is behind them, in display space; the mean depth where they hide more than half of it.
layout(constant_id = 0) const bool kWithBackdrop = false;
layout(set = 0, binding = 0) uniform Frame { SplatFrameConstants frame; };
layout(input_attachment_index = 0, set = 0, binding = 1) uniform subpassInput splats;
#ifdef WITH_DEPTH
layout(input_attachment_index = 1, set = 0, binding = 2) uniform subpassInput depth_sums;
#endif
layout(set = 0, binding = 3) uniform sampler2D backdrop;  // linear light
layout(location = 0) out vec4 color;  // sRGB; alpha: the splats' coverage
#ifdef WITH_DEPTH
layout(location = 1) out float depth_m;
#endif

vec3 srgb_from_linear(vec3 c) {
  return mix(c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, greaterThan(c, vec3(0.0031308)));
}

void main() {
  const vec4 sum = subpassLoad(splats);
  vec3 behind = frame.background;
  if (kWithBackdrop) behind = srgb_from_linear(texelFetch(backdrop, ivec2(gl_FragCoord.xy), 0).rgb);
  color = vec4(sum.rgb + (1.0 - sum.a) * behind, sum.a);
#ifdef WITH_DEPTH
  depth_m = sum.a > 0.5 ? subpassLoad(depth_sums).r / sum.a : 0.0;
#endif
}
