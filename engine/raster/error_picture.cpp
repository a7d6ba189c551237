#include "engine/raster/error_picture.h"

#include "engine/scene/color.h"

#include <algorithm>

namespace diorama {

glm::u8vec3 heat_color(float value) {
  const float t = value > 0 ? std::min(value, 1.0f) : 0.0f;
  // Polynomials in t through a path in L*a*b*: lightness 0 to 98, hue from violet over red to yellow.
  const auto channel = [&](float a, float b, float c, float d, float e, float f) {
    return unorm8(t * (a + t * (b + t * (c + t * (d + t * (e + t * f))))));
  };
  return {channel(1.769f, -10.572f, 62.090f, -131.557f, 116.965f, -37.709f),
          channel(0.911f, 2.990f, -40.202f, 111.721f, -116.117f, 41.698f),
          channel(2.062f, 1.673f, -16.347f, 17.339f, 0.386f, -4.394f)};
}

ImageRgba8 error_picture(const ImageF32& errors, float full_scale) {
  DIO_CHECK(full_scale > 0);
  ImageRgba8 picture(errors.size_px());
  for (size_t i = 0; i < errors.pixels().size(); ++i) {
    picture.pixels()[i] = glm::u8vec4(heat_color(errors.pixels()[i] / full_scale), 255);
  }
  return picture;
}

}  // namespace diorama
