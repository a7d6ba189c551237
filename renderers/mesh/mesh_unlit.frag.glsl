#version 450
#include "renderers/mesh/mesh_material.glsl"

layout(location = 0) in vec4 color;
layout(location = 1) in vec4 uvs;
layout(location = 0) out vec4 result;

void main() {
  vec4 base = base_color_at(color, uvs);
  result = as_target(base.rgb, base.a);
}
