#include "engine/scene/image.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Overlap of target pixel `i` with the source pixels: first index and weights that sum to 1.
struct Span1d {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Span1d> area_weights(int source, int target) {
  std::vector<Span1d> spans(static_cast<size_t>(target));
  const double ratio = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const double begin = i * ratio, end = std::min<double>((i + 1) * ratio, source);
    Span1d& span = spans[static_cast<size_t>(i)];
    span.first = static_cast<int>(begin);
    for (int s = span.first; s < end && s < source; ++s) {
      const double overlap = std::min<double>(end, s + 1) - std::max<double>(begin, s);
      span.weights.push_back(static_cast<float>(overlap / (end - begin)));
    }
  }
  return spans;
}

glm::vec4 premultiplied(glm::u8vec4 pixel) {
  const float alpha = static_cast<float>(pixel.a);
  return {glm::vec3(pixel) * (alpha / 255.0f), alpha};
}

glm::u8vec4 straight(glm::vec4 sum) {
  if (sum.a <= 0) return glm::u8vec4(0);
  const glm::vec3 color = glm::vec3(sum) * (255.0f / sum.a);
  return glm::u8vec4(glm::clamp(glm::vec4(color, sum.a) + 0.5f, 0.0f, 255.0f));
}

}  // namespace

ImageRgba8 shrink_by_area(const ImageRgba8& image, glm::ivec2 size_px) {
  DIO_CHECK(size_px.x > 0 && size_px.y > 0 && size_px.x <= image.width() && size_px.y <= image.height());
  if (size_px == image.size_px()) return image;
  const std::vector<Span1d> columns = area_weights(image.width(), size_px.x);
  const std::vector<Span1d> rows = area_weights(image.height(), size_px.y);
  ImageRgba8 result(size_px);
  std::vector<glm::vec4> line(static_cast<size_t>(image.width()));
  for (int y = 0; y < size_px.y; ++y) {
    std::fill(line.begin(), line.end(), glm::vec4(0));
    const Span1d& row_span = rows[static_cast<size_t>(y)];
    for (size_t k = 0; k < row_span.weights.size(); ++k) {
      const auto source = image.row(row_span.first + static_cast<int>(k));
      for (size_t x = 0; x < line.size(); ++x) line[x] += row_span.weights[k] * premultiplied(source[x]);
    }
    for (int x = 0; x < size_px.x; ++x) {
      const Span1d& span = columns[static_cast<size_t>(x)];
      glm::vec4 sum(0);
      for (size_t k = 0; k < span.weights.size(); ++k)
        sum += span.weights[k] * line[static_cast<size_t>(span.first) + k];
      result.at(x, y) = straight(sum);
    }
  }
  return result;
}

ImageU8 shrink_mask(const ImageU8& mask, glm::ivec2 size_px) {
  ImageU8 result(size_px);
  for (int y = 0; y < size_px.y; ++y) {
    for (int x = 0; x < size_px.x; ++x) {
      result.at(x, y) = mask.at(static_cast<int>((x + 0.5) * mask.width() / size_px.x),
                                static_cast<int>((y + 0.5) * mask.height() / size_px.y));
    }
  }
  return result;
}

ImageRgba8 composited(const ImageRgba8& image, glm::u8vec3 background) {
  ImageRgba8 result = image;
  for (glm::u8vec4& pixel : result.pixels()) {
    if (pixel.a == 255) continue;
    const float alpha = static_cast<float>(pixel.a) / 255.0f;
    const glm::vec3 mixed = alpha * glm::vec3(pixel) + (1.0f - alpha) * glm::vec3(background);
    pixel = glm::u8vec4(glm::u8vec3(mixed + 0.5f), 255);
  }
  return result;
}

}  // namespace diorama
