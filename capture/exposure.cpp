#include "capture/exposure.h"

#include "engine/scene/color.h"

#include <array>

namespace diorama {
namespace {

using Curve = std::array<uint8_t, 256>;

Curve curve_of(float gain) {
  Curve curve{};
  for (size_t code = 0; code < curve.size(); ++code) {
    const float linear = linear_from_srgb(static_cast<float>(code) / 255.0f);
    curve[code] = unorm8(srgb_from_linear(gain * linear));
  }
  return curve;
}

}  // namespace

ImageRgba8 exposed(const ImageRgba8& image, glm::vec3 gain) {
  const std::array<Curve, 3> curves{curve_of(gain.r), curve_of(gain.g), curve_of(gain.b)};
  ImageRgba8 result(image.size_px());
  for (size_t i = 0; i < image.pixels().size(); ++i) {
    const glm::u8vec4 pixel = image.pixels()[i];
    result.pixels()[i] = {curves[0][pixel.r], curves[1][pixel.g], curves[2][pixel.b], pixel.a};
  }
  return result;
}

}  // namespace diorama
