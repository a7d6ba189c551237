#version 450
#include "renderers/mesh/mesh_material.glsl"

// Marks what a blended surface leaves after its alpha mode as covered.
layout(location = 0) centroid in vec4 color;
layout(location = 1) centroid in vec4 uvs;
layout(location = 0) out vec4 result;

void main() {
  base_color_at(color, uvs);
  result = vec4(0, 0, 0, 1);
}
