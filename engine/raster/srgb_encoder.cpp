#include "engine/raster/srgb_encoder.h"

#include "engine/scene/color.h"

#include <array>
#include <limits>

namespace diorama {
namespace {

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
  if (!(value > 0.0f)) return 0;
  if (value >= 1.0f) return 255;
  uint8_t code = tables.guess[static_cast<size_t>(value * kSteps)];
  while (value >= tables.upper[code]) ++code;
  return code;
}

}  // namespace

glm::u8vec3 srgb8_from_linear(glm::vec3 c) {
  static const Tables tables;
  return {encode(tables, c.r), encode(tables, c.g), encode(tables, c.b)};
}

}  // namespace diorama
