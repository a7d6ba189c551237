#pragma once

#include "capture/readers/reader.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"

namespace diorama {

// The image that a lens without distortion would have taken; K stays as it is. Pixels beyond the distorted image repeat
// the nearest one.
ImageRgba8 undistorted_color(const ImageRgba8& image, const Camera& camera, const LensDistortion& lens);  // bilinear

// Nearest pixel, since values across an edge must not mix; 0 beyond the distorted image.
ImageU16 undistorted_depth(const ImageU16& image, const Camera& camera, const LensDistortion& lens);
ImageU8 undistorted_mask(const ImageU8& image, const Camera& camera, const LensDistortion& lens);

}  // namespace diorama
