#include "tools/eval/comparison_video.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr int kGapPx = 2;  // between pictures; even, as video wants
constexpr glm::u8vec4 kGapColor{58, 64, 72, 255};
constexpr double kMostFramesPerS = 240;

// Frames a second of the frames' usual step.
double rate_of(const Capture& capture, const std::vector<size_t>& frames) {
  std::vector<double> times_s;
  for (const size_t index : frames) {
    const Frame& frame = capture.frames()[index];
    if (!frame.time_s) {
      fail(ErrorCode::kInvalidInput, "{}: frame {} has no time, so no video is made of it", capture.name(), frame.id);
    }
    times_s.push_back(*frame.time_s);
  }
  std::sort(times_s.begin(), times_s.end());
  std::vector<double> steps_s;
  for (size_t i = 1; i < times_s.size(); ++i) {
    if (times_s[i] > times_s[i - 1]) steps_s.push_back(times_s[i] - times_s[i - 1]);
  }
  if (steps_s.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: the frames to score are of one time; a video needs two", capture.name());
  }
  return std::clamp(1 / median(std::move(steps_s)), 1.0, kMostFramesPerS);
}

glm::ivec2 canvas_px(glm::ivec2 cell_px, size_t cells, int columns) {
  const int rows = (static_cast<int>(cells) + columns - 1) / columns;
  return {columns * 2 * (cell_px.x + kGapPx) - kGapPx, rows * (cell_px.y + kGapPx) - kGapPx};
}

// How much the picture must shrink to fit.
float shrink_to_fit(glm::ivec2 size_px) {
  const glm::vec2 share = glm::vec2(kLargestVideoPx) / glm::vec2(size_px);
  return std::min({1.0f, share.x, share.y});
}

void paste(const ImageRgba8& picture, glm::ivec2 corner, ImageRgba8& canvas) {
  for (int y = 0; y < picture.height(); ++y) {
    std::copy(picture.row(y).begin(), picture.row(y).end(), canvas.row(corner.y + y).begin() + corner.x);
  }
}

}  // namespace

ComparisonVideo::ComparisonVideo(const std::filesystem::path& path, const Capture& capture, std::vector<size_t> frames,
                                 float scale)
    : capture_(capture), frames_(std::move(frames)) {
  const double frames_per_s = rate_of(capture_, frames_);
  place_cameras(scale);
  writer_.emplace(path, canvas_.size_px(), VideoOptions{frames_per_s});
}

void ComparisonVideo::place_cameras(float scale) {
  for (const size_t index : frames_) {
    const Frame& frame = capture_.frames()[index];
    cell_of_camera_.try_emplace(frame.camera, 0);
    cell_px_ = glm::max(cell_px_, glm::ivec2(glm::ceil(glm::vec2(frame.color.size_px) * scale)));
  }
  size_t next = 0;
  for (auto& [camera, cell] : cell_of_camera_) cell = next++;
  // As many columns as leave the pictures largest, of equals the fewest.
  float best = 0;
  for (int columns = 1; columns <= static_cast<int>(next); ++columns) {
    const float share = shrink_to_fit(canvas_px(cell_px_, next, columns));
    if (share <= best) continue;
    best = share;
    columns_ = columns;
  }
  cell_px_ = glm::max(glm::ivec2(1), glm::ivec2(glm::floor(glm::vec2(cell_px_) * best)));
  canvas_ = ImageRgba8(canvas_px(cell_px_, next, columns_), kGapColor);
}

glm::ivec2 ComparisonVideo::corner_of(size_t cell) const {
  const glm::ivec2 place(static_cast<int>(cell) % columns_, static_cast<int>(cell) / columns_);
  return place * glm::ivec2(2 * (cell_px_.x + kGapPx), cell_px_.y + kGapPx);
}

void ComparisonVideo::add(size_t index, const ScoredPictures& pictures) {
  const Frame& frame = capture_.frames()[frames_[index]];
  const glm::ivec2 size_px = pictures.truth.size_px();
  const glm::vec2 share = glm::min(glm::vec2(1), glm::vec2(cell_px_) / glm::vec2(size_px));
  const glm::ivec2 shown_px =
      glm::max(glm::ivec2(1), glm::ivec2(glm::floor(glm::vec2(size_px) * std::min(share.x, share.y) + 1e-3f)));
  const glm::ivec2 corner = corner_of(cell_of_camera_.at(frame.camera));
  paste(shrink_by_area(pictures.truth, shown_px), corner, canvas_);
  paste(shrink_by_area(pictures.render, shown_px), corner + glm::ivec2(cell_px_.x + kGapPx, 0), canvas_);
  const bool last_of_time = index + 1 == frames_.size() || capture_.frames()[frames_[index + 1]].time_s != frame.time_s;
  if (last_of_time) writer_->add(canvas_);
}

void ComparisonVideo::finish() {
  writer_->finish();
}

}  // namespace diorama
