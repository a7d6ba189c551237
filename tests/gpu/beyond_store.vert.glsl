#version 450
// A vertex stage that writes a storage buffer.
layout(std430, set = 0, binding = 0) buffer Seen { uint seen[]; };

void main() {
  seen[gl_VertexIndex] = 1;
  gl_Position = vec4(0);
}
