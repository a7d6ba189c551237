#version 450
// 16x16 invocations and 20 KiB of shared memory.
layout(local_size_x = 16, local_size_y = 16) in;
layout(std430, set = 0, binding = 0) buffer Values { float values[]; };
shared float cache[5120];

void main() {
  cache[gl_LocalInvocationIndex * 20] = values[gl_GlobalInvocationID.x];
  barrier();
  values[gl_GlobalInvocationID.x] = cache[(255 - gl_LocalInvocationIndex) * 20];
}
