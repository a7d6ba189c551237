#pragma once

#include "engine/scene/image.h"

namespace diorama {

// The picture as it would be with `gain` times the exposure: linear light of each channel times its gain, cut at white,
// coded as sRGB again. Alpha stays.
ImageRgba8 exposed(const ImageRgba8& image, glm::vec3 gain);

}  // namespace diorama
