#pragma once

#include <glm/glm.hpp>

#include <cmath>
#include <cstdint>

namespace diorama {

// Hash of integers with full avalanche (Mueller's 32-bit mix), the base of all procedural variation: the same on
// every machine.
inline uint32_t synth_hash(uint32_t x) {
  x = ((x >> 16) ^ x) * 0x45d9f3bu;
  x = ((x >> 16) ^ x) * 0x45d9f3bu;
  return (x >> 16) ^ x;
}
inline uint32_t synth_hash(uint32_t a, uint32_t b, uint32_t c = 0, uint32_t d = 0) {
  return synth_hash(a + 0x9e3779b9u * synth_hash(b + 0x85ebca6bu * synth_hash(c + 0xc2b2ae35u * synth_hash(d))));
}

// In [0, 1).
inline float synth_unit(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24f;
}
inline float synth_cell(int x, int y, int z = 0) {
  return synth_unit(synth_hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), static_cast<uint32_t>(z)));
}

// Value noise in [0, 1], smooth, features of size 1.
float value_noise(glm::vec3 p);
inline float value_noise(glm::vec2 p) {
  return value_noise(glm::vec3(p, 0.5f));
}

// Sum of `octaves` value noises, each twice as fine and half as strong; in [0, 1].
float fractal_noise(glm::vec3 p, int octaves);
inline float fractal_noise(glm::vec2 p, int octaves) {
  return fractal_noise(glm::vec3(p, 0.5f), octaves);
}

}  // namespace diorama
