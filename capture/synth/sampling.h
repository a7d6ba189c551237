#pragma once

#include "capture/synth/noise.h"

#include <glm/glm.hpp>

#include <cmath>
#include <cstdint>

namespace diorama {

// Sample `index` of an evenly spread sequence in [0, 1)^2, shifted by `shift` (the R2 sequence, Roberts 2018).
inline glm::vec2 spread_sample(int index, glm::vec2 shift) {
  return glm::fract(shift + static_cast<float>(index) * glm::vec2(0.7548777f, 0.5698403f));
}

inline glm::vec2 sample_shift(uint32_t key) {
  return {synth_unit(synth_hash(key, 1)), synth_unit(synth_hash(key, 2))};
}

// From [0, 1)^2 to the unit disc, even by area.
inline glm::vec2 disc_sample(glm::vec2 s) {
  const float radius = std::sqrt(s.x), angle = 6.2831853f * s.y;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// Two unit vectors across a unit vector (Duff et al. 2017).
inline void frame_across(glm::vec3 axis, glm::vec3& across, glm::vec3& other) {
  const float sign = std::copysign(1.0f, axis.z);
  const float a = -1.0f / (sign + axis.z), b = axis.x * axis.y * a;
  across = {1.0f + sign * axis.x * axis.x * a, sign * b, -sign * axis.x};
  other = {b, sign + axis.y * axis.y * a, -axis.y};
}

}  // namespace diorama
