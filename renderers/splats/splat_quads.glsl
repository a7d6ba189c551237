// The fragment stage of quads.
layout(location = 0) in vec2 deviations;
layout(location = 1) flat in vec4 color_opacity;
#ifdef WITH_DEPTH
layout(location = 2) flat in float z_m;
#endif
layout(location = 0) out vec4 color;  // premultiplied
#ifdef WITH_DEPTH
layout(location = 1) out vec4 depth;  // blended by its own alpha
#endif

void main() {
  const float alpha = min(color_opacity.a * exp(-0.5 * dot(deviations, deviations)), 0.99);
  if (alpha < 1.0 / 255.0) discard;
  color = vec4(color_opacity.rgb * alpha, alpha);
#ifdef WITH_DEPTH
  depth = vec4(z_m * alpha, 0, 0, alpha);
#endif
}
