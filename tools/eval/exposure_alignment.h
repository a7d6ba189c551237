#pragma once

#include "engine/scene/image.h"

#include <glm/glm.hpp>

namespace diorama {

// truth = gain * picture + bias in sRGB [0, 1], channel by channel.
struct ExposureAlignment {
  glm::dvec3 gain{1.0}, bias{0.0};
};

// Least squares over the pixels that the asset covers by half or more and that the mask lets count (empty: all). Gains
// stay within [1/4, 4]; where a channel of the picture is even, or no pixel counts, its gain is 1.
ExposureAlignment align_exposure(const ImageRgba8& picture, const ImageF32& coverage, const ImageRgba8& truth,
                                 const ImageU8& mask);

// The picture with the exposure of the truth, where the asset covers it by half or more; elsewhere as it is.
ImageRgba8 exposed(const ImageRgba8& picture, const ImageF32& coverage, const ExposureAlignment& alignment);

}  // namespace diorama
