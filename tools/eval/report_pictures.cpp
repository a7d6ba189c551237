#include "tools/eval/report_pictures.h"

#include "engine/raster/error_picture.h"
#include "engine/scene/image_io.h"
#include "tools/eval/page_text.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr float kDepthScaleShare = 0.05f;

ImageRgba8 page_sized(const ImageRgba8& image) {
  const glm::ivec2 size = image.size_px();
  const int side = std::max(size.x, size.y);
  if (side <= kMaxPictureSidePx) return image;
  const float scale = static_cast<float>(kMaxPictureSidePx) / static_cast<float>(side);
  return shrink_by_area(image, glm::max(glm::ivec2(1), glm::ivec2(glm::round(glm::vec2(size) * scale))));
}

std::string page_jpeg(const ImageRgba8& image) {
  return data_uri("image/jpeg", encode_jpeg(image, kPictureJpegQuality));
}

// The largest 1, 2 or 5 times a power of ten that is not above `value`.
float rounded_down(float value) {
  const float power = std::pow(10.0f, std::floor(std::log10(value)));
  const float digits = value / power;
  return power * (digits >= 5 ? 5.0f : digits >= 2 ? 2.0f : 1.0f);
}

float mean_of_measured(const ImageF32& depth_m) {
  double sum = 0;
  size_t count = 0;
  for (const float z : depth_m.pixels()) {
    if (z > 0) {
      sum += static_cast<double>(z);
      ++count;
    }
  }
  return count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : 0;
}

}  // namespace

bool is_pictured(size_t index, size_t count) {
  const size_t pictured = std::min(count, kMaxPicturedFrames);
  return index == 0 || index * pictured / count != (index - 1) * pictured / count;
}

std::string ReportPictures::depth_picture(const ImageF32& truth_m, const ImageF32& render_m) {
  if (depth_full_scale_m_ == 0) {
    const float mean_m = mean_of_measured(truth_m);
    if (!(mean_m > 0)) return {};
    depth_full_scale_m_ = rounded_down(kDepthScaleShare * mean_m);
  }
  ImageRgba8 picture(truth_m.size_px());
  for (size_t i = 0; i < picture.pixels().size(); ++i) {
    const float truth = truth_m.pixels()[i], render = render_m.pixels()[i];
    const glm::u8vec3 color = !(truth > 0)    ? kUnmeasuredColor
                              : !(render > 0) ? kMissingSurfaceColor
                                              : heat_color(std::abs(truth - render) / depth_full_scale_m_);
    picture.pixels()[i] = glm::u8vec4(color, 255);
  }
  return page_jpeg(page_sized(picture));
}

void ReportPictures::add(size_t index, size_t count, const ScoredPictures& pictures) {
  if (!is_pictured(index, count)) return;
  const ImageRgba8 truth = page_sized(pictures.truth);
  FramePictures frame{.row = index, .size_px = truth.size_px()};
  frame.truth = page_jpeg(truth);
  frame.render = page_jpeg(page_sized(pictures.render));
  frame.flip = page_jpeg(page_sized(error_picture(pictures.flip)));
  if (pictures.truth_depth_m != nullptr) frame.depth = depth_picture(*pictures.truth_depth_m, *pictures.render_depth_m);
  frames_.push_back(std::move(frame));
}

}  // namespace diorama
