#include "engine/raster/splat_planes.h"

namespace diorama {
namespace {

size_t rounded_up(int value, int multiple) {
  const int times = (value + multiple - 1) / multiple;
  return static_cast<size_t>(times) * static_cast<size_t>(multiple);
}

}  // namespace

void SplatPlanes::resize(glm::ivec2 size_px, SplatChannels channels) {
  DIO_CHECK(size_px.x >= 0 && size_px.y >= 0 && size_px.x <= 32768 && size_px.y <= 32768);
  size_px_ = size_px;
  channels_ = channels;
  stride_ = rounded_up(size_px.x, kRowMultiple);
  rows_ = rounded_up(size_px.y, kColumnMultiple);
  values_.resize(plane_stride() * static_cast<size_t>(channels.count()));
}

}  // namespace diorama
