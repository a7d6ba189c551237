#include "reconstruction/fusion/frame_feed.h"

#include "capture/rig.h"
#include "engine/base/error.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kAheadBytes = size_t{64} << 20;
constexpr size_t kMostAhead = 16;

size_t pixel_count(glm::ivec2 size_px) {
  return static_cast<size_t>(size_px.x) * static_cast<size_t>(size_px.y);
}

FrameParts parts_of(bool color) {
  return {.color = color, .depth = true, .confidence = true, .mask = true};
}

}  // namespace

std::vector<size_t> frames_to_fuse(const Capture& capture) {
  std::vector<size_t> frames = capture.frames_of(Split::kTrain);
  std::erase_if(frames, [&](size_t frame) { return !capture.frames()[frame].depth; });
  if (frames.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no training frame has depth, fusion needs at least one", capture.name());
  }
  return frames;
}

FeedFrame load_to_fuse(const Capture& capture, size_t frame, bool color) {
  const Frame& info = capture.frames()[frame];
  DIO_CHECK(info.depth.has_value());
  FeedFrame result{.images = capture.load(frame, parts_of(color && info.has_color))};
  result.view = {.depth_camera = *info.depth,
                 .depth_m = result.images.depth_m.get(),
                 .confidence = result.images.confidence.get(),
                 .color_camera = color_camera(info, capture.calibration()),
                 .color = result.images.color.get(),
                 .mask = result.images.mask.get()};
  return result;
}

size_t decoded_bytes(const Frame& frame, bool color) {
  size_t bytes = frame.depth ? pixel_count(frame.depth->size_px) * sizeof(float) : 0;
  if (frame.has_confidence) bytes *= 2;
  if (color && frame.has_color) bytes += pixel_count(frame.color.size_px) * sizeof(glm::u8vec4);
  if (frame.has_mask) bytes += pixel_count(frame.color.size_px);
  return bytes;
}

FrameFeed::FrameFeed(const Capture& capture, std::vector<size_t> frames, bool color, ThreadPool& pool)
    : capture_(capture), frames_(std::move(frames)), color_(color), pool_(pool) {
  size_t largest = 1;
  for (const size_t frame : frames_) largest = std::max(largest, decoded_bytes(capture.frames()[frame], color));
  ahead_ = std::clamp<size_t>(kAheadBytes / largest, 2, kMostAhead);
}

FeedFrame FrameFeed::load(size_t index) {
  asked_ = std::max(asked_, index + 1);
  for (; asked_ < std::min(frames_.size(), index + 1 + ahead_); ++asked_) {
    const Frame& info = capture_.frames()[frames_[asked_]];
    capture_.prefetch(pool_, frames_[asked_], parts_of(color_ && info.has_color));
  }
  return load_to_fuse(capture_, frames_[index], color_);
}

}  // namespace diorama
