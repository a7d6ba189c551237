#include "tools/eval/flicker.h"

#include "engine/raster/metrics.h"

#include <algorithm>
#include <cstdlib>

namespace diorama {
namespace {

using ImageI32 = Image<int32_t>;

// Sums over windows of 2 radius + 1 values along a line of `count` values `stride` apart; beyond the ends are zeros.
void sum_line(const int32_t* source, int32_t* target, int count, size_t stride, int radius) {
  int32_t sum = 0;
  for (int i = 0; i < std::min(radius, count); ++i) sum += source[static_cast<size_t>(i) * stride];
  for (int i = 0; i < count; ++i) {
    if (i + radius < count) sum += source[static_cast<size_t>(i + radius) * stride];
    if (i > radius) sum -= source[static_cast<size_t>(i - radius - 1) * stride];
    target[static_cast<size_t>(i) * stride] = sum;
  }
}

ImageI32 box_sums(const ImageI32& image, int radius) {
  ImageI32 rows(image.size_px()), sums(image.size_px());
  const auto width = static_cast<size_t>(image.width());
  for (int y = 0; y < image.height(); ++y) {
    sum_line(image.row(y).data(), rows.row(y).data(), image.width(), 1, radius);
  }
  for (size_t x = 0; x < width; ++x) {
    sum_line(rows.pixels().data() + x, sums.pixels().data() + x, image.height(), width, radius);
  }
  return sums;
}

// Pixels of the window around i that lie on a line of `count`.
int window_size(int i, int count, int radius) {
  return std::min(i + radius, count - 1) - std::max(i - radius, 0) + 1;
}

// Marks pixels whose window's mean difference of one channel is above the threshold.
void mark_changed(const ImageRgba8& before, const ImageRgba8& now, int channel, ImageI32& changed) {
  ImageI32 difference(now.size_px());
  for (size_t i = 0; i < difference.pixels().size(); ++i) {
    difference.pixels()[i] = now.pixels()[i][channel] - before.pixels()[i][channel];
  }
  const ImageI32 sums = box_sums(difference, kStaticWindowRadiusPx);
  for (int y = 0; y < sums.height(); ++y) {
    const int rows = window_size(y, sums.height(), kStaticWindowRadiusPx);
    for (int x = 0; x < sums.width(); ++x) {
      const int limit = kStaticCounts * rows * window_size(x, sums.width(), kStaticWindowRadiusPx);
      if (std::abs(sums.at(x, y)) > limit) changed.at(x, y) = 1;
    }
  }
}

uint64_t channel_difference(glm::u8vec4 a, glm::u8vec4 b) {
  return static_cast<uint64_t>(std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b));
}

}  // namespace

ImageU8 moving_pixels(const ImageRgba8& before, const ImageRgba8& now) {
  DIO_CHECK(before.size_px() == now.size_px());
  ImageI32 changed(now.size_px());
  for (int channel = 0; channel < 3; ++channel) mark_changed(before, now, channel, changed);
  const ImageI32 near = box_sums(changed, kMovingMarginPx);
  ImageU8 moving(now.size_px());
  for (size_t i = 0; i < moving.pixels().size(); ++i) moving.pixels()[i] = near.pixels()[i] > 0 ? 255 : 0;
  return moving;
}

void FlickerMeter::compare(const FlickerPicture& now, const ImageU8& moving, CameraState& state) {
  for (size_t i = 0; i < moving.pixels().size(); ++i) {
    if (now.filled.pixels()[i] == 0 && state.last.filled.pixels()[i] == 0) continue;
    ++state.filled_pixels;
    if (moving.pixels()[i] != 0) continue;
    ++state.static_pixels;
    state.render_sum += channel_difference(now.render.pixels()[i], state.last.render.pixels()[i]);
    state.truth_sum += channel_difference(now.truth.pixels()[i], state.last.truth.pixels()[i]);
  }
}

std::optional<double> FlickerMeter::add(int camera, bool follows, FlickerPicture picture) {
  CameraState& state = cameras_[camera];
  std::optional<double> moving_psnr;
  if (follows && state.last.truth.size_px() == picture.truth.size_px()) {
    const ImageU8 moving = moving_pixels(state.last.truth, picture.truth);
    moving_psnr = psnr_where(picture.truth, picture.render, moving);
    compare(picture, moving, state);
  }
  state.last = std::move(picture);
  return moving_psnr;
}

std::optional<Flicker> FlickerMeter::of_camera(int camera) const {
  const auto found = cameras_.find(camera);
  if (found == cameras_.end() || found->second.static_pixels == 0) return std::nullopt;
  const CameraState& state = found->second;
  const auto pixels = static_cast<double>(state.static_pixels), values = 3 * pixels;
  return Flicker{static_cast<double>(state.render_sum) / values, static_cast<double>(state.truth_sum) / values,
                 pixels / static_cast<double>(state.filled_pixels)};
}

}  // namespace diorama
