#pragma once

#include <glm/glm.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace diorama {

// IEC 61966-2-1 (sRGB) transfer, values in [0, 1].
inline float linear_from_srgb(float value) {
  return value <= 0.04045f ? value / 12.92f : std::pow((value + 0.055f) / 1.055f, 2.4f);
}
inline float srgb_from_linear(float value) {
  return value <= 0.0031308f ? value * 12.92f : 1.055f * std::pow(value, 1.0f / 2.4f) - 0.055f;
}
inline glm::vec3 linear_from_srgb(glm::vec3 c) {
  return {linear_from_srgb(c.x), linear_from_srgb(c.y), linear_from_srgb(c.z)};
}
inline glm::vec3 srgb_from_linear(glm::vec3 c) {
  return {srgb_from_linear(c.x), srgb_from_linear(c.y), srgb_from_linear(c.z)};
}

// [0, 1] to 0..255, rounded, clamped; NaN becomes 0.
inline uint8_t unorm8(float value) {
  return static_cast<uint8_t>(value > 0 ? std::min(value, 1.0f) * 255.0f + 0.5f : 0);
}

}  // namespace diorama
