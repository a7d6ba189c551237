#include "engine/video/yuv420.h"

#include <algorithm>

namespace diorama {
namespace {

// ITU-R BT.709, 3.2 and 3.4.
constexpr float kRed = 0.2126f, kBlue = 0.0722f, kGreen = 1.0f - kRed - kBlue;
constexpr float kLumaScale = 219.0f / 255.0f, kChromaScale = 224.0f / 255.0f;

float luma(glm::vec3 rgb) {
  return kRed * rgb.r + kGreen * rgb.g + kBlue * rgb.b;
}

uint8_t rounded(float value) {
  return static_cast<uint8_t>(value + 0.5f);
}

}  // namespace

void yuv420_from_rgba(const ImageRgba8& image, const Yuv420Planes& planes) {
  DIO_CHECK(!image.empty());
  const int last_x = image.width() - 1, last_y = image.height() - 1;
  const auto rgb = [&](int x, int y) { return glm::vec3(image.at(std::clamp(x, 0, last_x), std::min(y, last_y))); };
  const int chroma_width = (image.width() + 1) / 2, chroma_height = (image.height() + 1) / 2;
  for (int y = 0; y < 2 * chroma_height; ++y) {
    uint8_t* target = planes.y + static_cast<size_t>(y) * planes.y_stride;
    for (int x = 0; x < 2 * chroma_width; ++x) target[x] = rounded(16.0f + kLumaScale * luma(rgb(x, y)));
  }
  for (int y = 0; y < chroma_height; ++y) {
    uint8_t* cb = planes.cb + static_cast<size_t>(y) * planes.cb_stride;
    uint8_t* cr = planes.cr + static_cast<size_t>(y) * planes.cr_stride;
    const auto column = [&](int x) { return rgb(x, 2 * y) + rgb(x, 2 * y + 1); };
    for (int x = 0; x < chroma_width; ++x) {
      const glm::vec3 mean = (column(2 * x - 1) + 2.0f * column(2 * x) + column(2 * x + 1)) / 8.0f;
      const float mean_luma = luma(mean);
      cb[x] = rounded(128.0f + kChromaScale * (mean.b - mean_luma) / (2.0f * (1.0f - kBlue)));
      cr[x] = rounded(128.0f + kChromaScale * (mean.r - mean_luma) / (2.0f * (1.0f - kRed)));
    }
  }
}

}  // namespace diorama
