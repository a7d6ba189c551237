#pragma once

#include "engine/scene/image.h"

namespace diorama {

// A dark-to-bright colour for a value in [0, 1]: black, violet, red, orange, pale yellow, of steadily rising lightness.
// Values outside are clamped, NaN is black.
glm::u8vec3 heat_color(float value);

// An error map as a picture: `full_scale` and all above it is the brightest.
ImageRgba8 error_picture(const ImageF32& errors, float full_scale = 1.0f);

}  // namespace diorama
