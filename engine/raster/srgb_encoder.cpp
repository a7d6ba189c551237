#include "engine/raster/srgb_encoder.h"

#include "engine/scene/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

// The curve rises by at most 12.92 * 255 / kSteps = 0.8 codes in a step: a step holds two codes at the most.
constexpr int kSteps = 4096;

struct Tables {
  // upper[c]: the smallest linear value that is coded as more than c.
  std::array<float, 256> upper{};
  std::array<uint8_t, kSteps + 1> guess{};  // code of the step's lower end

  Tables() {
    for (size_t code = 0; code < 255; ++code) {
      float value = linear_from_srgb((static_cast<float>(code) + 0.5f) / 255.0f);
      while (unorm8(srgb_from_linear(value)) > code) value = std::nextafter(value, 0.0f);
      while (unorm8(srgb_from_linear(value)) <= code) value = std::nextafter(value, 1.0f);
      upper[code] = value;
    }
    upper[255] = std::numeric_limits<float>::infinity();
    for (int step = 0; step <= kSteps; ++step) {
      guess[static_cast<size_t>(step)] = unorm8(srgb_from_linear(static_cast<float>(step) / kSteps));
    }
  }
};

uint8_t encode(const Tables& tables, float value) {
  const float clamped = value > 0.0f ? std::min(value, 1.0f) : 0.0f;
  const uint8_t code = tables.guess[static_cast<size_t>(static_cast<int32_t>(clamped * kSteps))];
  return static_cast<uint8_t>(code + (clamped >= tables.upper[code] ? 1 : 0));
}

}  // namespace

glm::u8vec3 srgb8_from_linear(glm::vec3 c) {
  static const Tables tables;
  return {encode(tables, c.r), encode(tables, c.g), encode(tables, c.b)};
}

}  // namespace diorama
