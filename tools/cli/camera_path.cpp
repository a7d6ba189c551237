#include "tools/cli/camera_path.h"

#include "engine/base/error.h"

#include <algorithm>
#include <charconv>

namespace diorama {
namespace {

constexpr int kMaxSidePx = 16384;

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Camera fitted(const Camera& camera, glm::ivec2 size_px) {
  const glm::vec2 ratio = glm::vec2(size_px) / glm::vec2(camera.size_px);
  const float scale = std::min(ratio.x, ratio.y);
  Camera result = camera;
  result.size_px = size_px;
  result.focal_px = camera.focal_px * scale;
  result.center_px = 0.5f * glm::vec2(size_px) + scale * (camera.center_px - 0.5f * glm::vec2(camera.size_px));
  return result;
}

glm::ivec2 parse_size(const std::string& text) {
  const size_t cross = text.find('x');
  glm::ivec2 size(0);
  const bool read = cross != std::string::npos && parse_whole(std::string_view(text).substr(0, cross), size.x) &&
                    parse_whole(std::string_view(text).substr(cross + 1), size.y);
  if (!read || size.x < 1 || size.y < 1 || size.x > kMaxSidePx || size.y > kMaxSidePx) {
    fail(ErrorCode::kInvalidInput, "--size is '{}', expected WIDTHxHEIGHT with 1 to {} pixels a side, as 1280x720",
         text, kMaxSidePx);
  }
  return size;
}

size_t find_frame(const Capture& capture, const std::string& frame) {
  const std::vector<Frame>& frames = capture.frames();
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].id == frame) return i;
  }
  size_t index = 0;
  if (parse_whole(std::string_view(frame), index) && index < frames.size()) return index;
  fail(ErrorCode::kInvalidInput, "{}: has no frame '{}'; its {} frames are named {} to {}, or numbered 0 to {}",
       capture.name(), frame, frames.size(), frames.front().id, frames.back().id, frames.size() - 1);
}

}  // namespace diorama
