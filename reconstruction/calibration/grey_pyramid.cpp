#include "reconstruction/calibration/grey_pyramid.h"

#include "engine/base/error.h"

#include <algorithm>

namespace diorama {
namespace {

ImageF32 luma(const ImageRgba8& color) {
  ImageF32 grey(color.size_px());
  const auto source = color.pixels();
  const auto target = grey.pixels();
  for (size_t i = 0; i < target.size(); ++i) {
    target[i] = glm::dot(glm::vec3(source[i]), glm::vec3(0.2126f, 0.7152f, 0.0722f)) / 255.0f;
  }
  return grey;
}

ImageF32 halved(const ImageF32& image) {
  ImageF32 half(glm::max(image.size_px() / 2, glm::ivec2(1)));
  for (int y = 0; y < half.height(); ++y) {
    for (int x = 0; x < half.width(); ++x) {
      const int right = std::min(2 * x + 1, image.width() - 1), below = std::min(2 * y + 1, image.height() - 1);
      half.at(x, y) =
          0.25f * (image.at(2 * x, 2 * y) + image.at(right, 2 * y) + image.at(2 * x, below) + image.at(right, below));
    }
  }
  return half;
}

// 3x3 binomial, clamped at the border.
ImageF32 smoothed(const ImageF32& image) {
  ImageF32 rows(image.size_px()), result(image.size_px());
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      rows.at(x, y) = 0.25f * image.at(std::max(x - 1, 0), y) + 0.5f * image.at(x, y) +
                      0.25f * image.at(std::min(x + 1, image.width() - 1), y);
    }
  }
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      result.at(x, y) = 0.25f * rows.at(x, std::max(y - 1, 0)) + 0.5f * rows.at(x, y) +
                        0.25f * rows.at(x, std::min(y + 1, image.height() - 1));
    }
  }
  return result;
}

}  // namespace

ImageF32 grey_level(const ImageRgba8& color, int level) {
  ImageF32 grey = luma(color);
  for (int k = 0; k < level; ++k) grey = halved(grey);
  return smoothed(grey);
}

std::vector<std::vector<GreyFrame>> grey_pyramids(const Capture& capture, const std::vector<size_t>& frames, int levels,
                                                  JobContext& job) {
  std::vector<std::vector<GreyFrame>> pyramid(static_cast<size_t>(levels), std::vector<GreyFrame>(frames.size()));
  job.begin_stage("reading colour", frames.size());
  job.pool().parallel_for(frames.size(), 1, [&](size_t f, size_t) {
    constexpr FrameParts kColor{.depth = false, .confidence = false, .mask = false};
    const FrameImages images = capture.load(frames[f], kColor);
    DIO_CHECK(images.color != nullptr);
    ImageF32 level = luma(*images.color);
    for (size_t k = 0; k < pyramid.size(); ++k) {
      if (k > 0) level = halved(level);
      pyramid[k][f].grey = smoothed(level);
    }
    job.advance();
  });
  return pyramid;
}

}  // namespace diorama
