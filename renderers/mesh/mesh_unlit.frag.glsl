#version 450
#include "renderers/mesh/mesh_material.glsl"

layout(location = 0) centroid in vec4 color;
layout(location = 1) centroid in vec2 uv;
layout(location = 0) out vec4 result;

void main() {
  vec4 base = base_color_at(color, uv);
  result = kAlphaMode == kAlphaBlend ? base : vec4(base.rgb, 1);
}
