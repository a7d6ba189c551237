#version 450
#include "renderers/mesh/mesh_material.glsl"

// Drops what a masked surface's alpha mode drops, for its depth.
layout(location = 0) centroid in vec4 color;
layout(location = 1) centroid in vec4 uvs;

void main() { base_color_at(color, uvs); }
