#version 450
#include "tests/gpu/sample_shared.h"

// out = in.weight * factor + index; the sample's other members are read so that they stay.
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) readonly buffer Items { SampleItem items[]; };
layout(std430, set = 0, binding = 1) writeonly buffer Results { float results[]; };
layout(push_constant) uniform Constants {
  float factor;
  uint count;
};
layout(constant_id = 0) const uint kBias = 0;

void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i >= count) return;
  SampleItem item = items[i];
  float rest = item.color.x + item.position.y + item.uv.y + float(item.flags) + item.motion[3].w;
  results[i] = item.weight * factor + float(item.index) + rest + float(kBias);
}
