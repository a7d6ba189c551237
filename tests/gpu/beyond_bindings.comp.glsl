#version 450
// Five storage buffers in one stage, and double precision.
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer A { float a[]; };
layout(std430, set = 0, binding = 1) readonly buffer B { float b[]; };
layout(std430, set = 0, binding = 2) readonly buffer C { float c[]; };
layout(std430, set = 0, binding = 3) readonly buffer D { float d[]; };
layout(std430, set = 0, binding = 4) writeonly buffer E { double e[]; };

void main() {
  uint i = gl_GlobalInvocationID.x;
  e[i] = double(a[i]) * b[i] + c[i] * d[i];
}
