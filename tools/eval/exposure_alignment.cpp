#include "tools/eval/exposure_alignment.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr float kCovered = 0.5f;
constexpr double kMostGain = 4;
constexpr double kEvenVariance = 1e-6;  // (1/1000 of the range)^2: below the steps of 8 bits

}  // namespace

ExposureAlignment align_exposure(const ImageRgba8& picture, const ImageF32& coverage, const ImageRgba8& truth,
                                 const ImageU8& mask) {
  DIO_CHECK(picture.size_px() == truth.size_px() && picture.size_px() == coverage.size_px());
  DIO_CHECK(mask.empty() || mask.size_px() == picture.size_px());
  double count = 0;
  glm::dvec3 sum_x(0), sum_y(0), sum_xx(0), sum_xy(0);
  for (size_t i = 0; i < picture.pixels().size(); ++i) {
    if (!(coverage.pixels()[i] >= kCovered) || (!mask.empty() && mask.pixels()[i] == 0)) continue;
    const glm::dvec3 x = glm::dvec3(picture.pixels()[i]) / 255.0, y = glm::dvec3(truth.pixels()[i]) / 255.0;
    count += 1;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  ExposureAlignment alignment;
  if (count == 0) return alignment;
  const glm::dvec3 mean_x = sum_x / count, mean_y = sum_y / count;
  const glm::dvec3 variance = sum_xx / count - mean_x * mean_x, covariance = sum_xy / count - mean_x * mean_y;
  for (int c = 0; c < 3; ++c) {
    if (variance[c] > kEvenVariance) {
      alignment.gain[c] = std::clamp(covariance[c] / variance[c], 1 / kMostGain, kMostGain);
    }
  }
  alignment.bias = mean_y - alignment.gain * mean_x;
  return alignment;
}

ImageRgba8 exposed(const ImageRgba8& picture, const ImageF32& coverage, const ExposureAlignment& alignment) {
  ImageRgba8 result = picture;
  for (size_t i = 0; i < result.pixels().size(); ++i) {
    if (!(coverage.pixels()[i] >= kCovered)) continue;
    glm::u8vec4& pixel = result.pixels()[i];
    for (int c = 0; c < 3; ++c) {
      const double value = alignment.gain[c] * pixel[c] + 255.0 * alignment.bias[c];
      pixel[c] = static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
    }
  }
  return result;
}

}  // namespace diorama
