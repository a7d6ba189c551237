#version 450
#include "renderers/mesh/mesh_shared.h"

layout(set = 0, binding = 0) uniform Frame { MeshFrameConstants frame; };

layout(location = 0) in vec3 vertex_in_world;
layout(location = 1) in vec4 vertex_color;
layout(location = 2) in vec2 vertex_uv;
layout(location = 5) in vec2 vertex_second_uv;

layout(location = 0) out vec4 color;
layout(location = 1) out vec4 uvs;

invariant gl_Position;

void main() {
  gl_Position = frame.clip_from_world * vec4(vertex_in_world, 1);
  color = vertex_color;
  uvs = vec4(vertex_uv, vertex_second_uv);
}
