#include "capture/synth/noise.h"

namespace diorama {

float value_noise(glm::vec3 p) {
  const glm::vec3 cell = glm::floor(p), f = p - cell;
  const glm::vec3 s = f * f * (3.0f - 2.0f * f);
  const glm::ivec3 i(cell);
  const auto at = [&](int x, int y, int z) { return synth_cell(i.x + x, i.y + y, i.z + z); };
  const auto edge = [&](int y, int z) { return at(0, y, z) + s.x * (at(1, y, z) - at(0, y, z)); };
  const float near = edge(0, 0) + s.y * (edge(1, 0) - edge(0, 0));
  const float far = edge(0, 1) + s.y * (edge(1, 1) - edge(0, 1));
  return near + s.z * (far - near);
}

float fractal_noise(glm::vec3 p, int octaves) {
  float sum = 0, strength = 0.5f, total = 0;
  for (int octave = 0; octave < octaves; ++octave) {
    sum += strength * value_noise(p);
    total += strength;
    strength *= 0.5f;
    p = p * 2.0f + glm::vec3(17.3f, 5.1f, 9.7f);
  }
  return sum / total;
}

}  // namespace diorama
