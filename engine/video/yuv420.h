#pragma once

#include "engine/scene/image.h"

#include <cstddef>
#include <cstdint>

namespace diorama {

// Three planes in memory of someone else. Chroma has half the size of luma.
struct Yuv420Planes {
  uint8_t* y = nullptr;
  uint8_t* cb = nullptr;
  uint8_t* cr = nullptr;
  size_t y_stride = 0, cb_stride = 0, cr_stride = 0;
};

// sRGB to BT.709 in limited range (16..235, 16..240), the display's R'G'B' being taken as BT.709's, as players do.
// Chroma is sited left (ITU-T H.264, figure E-1, type 0): halfway between two rows, at the even columns. The planes
// hold the image's size rounded up to even; the added row or column repeats the last one. Alpha is dropped.
void yuv420_from_rgba(const ImageRgba8& image, const Yuv420Planes& planes);

}  // namespace diorama
