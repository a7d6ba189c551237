// The sample that the layout test and the compute round trip share.
#ifdef __cplusplus
#pragma once
#include <glm/glm.hpp>
namespace diorama {
using glm::mat4;
using glm::vec2;
using glm::vec3;
using glm::vec4;
using uint = uint32_t;
#endif

struct SampleItem {
  vec4 color;
  vec3 position;
  float weight;
  vec2 uv;
  uint index;
  uint flags;
  mat4 motion;
};

#ifdef __cplusplus
static_assert(sizeof(SampleItem) == 112);
}  // namespace diorama
#endif
