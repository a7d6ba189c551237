#version 450
#include "renderers/mesh/mesh_shared.h"

layout(set = 0, binding = 0) uniform Frame { MeshFrameConstants frame; };

layout(location = 0) in vec3 vertex_in_world;

invariant gl_Position;

void main() {
  gl_Position = frame.clip_from_world * vec4(vertex_in_world, 1);
}
