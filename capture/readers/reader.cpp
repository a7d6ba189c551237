#include "capture/readers/reader.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace diorama {
namespace {

constexpr size_t kHoldOutEvery = 8;

void check_frame(const Frame& frame) {
  const auto check = [](const Camera& camera) {
    check_camera(camera);
    for (int i = 0; i < 3; ++i) {
      bool finite = std::isfinite(camera.world_from_camera.translation[i]);
      for (int j = 0; j < 3; ++j) finite = finite && std::isfinite(camera.world_from_camera.rotation[i][j]);
      if (!finite) fail(ErrorCode::kInvalidInput, "the pose has an entry that is not a finite number");
    }
  };
  with_context(std::string_view("frame " + frame.id), [&] {
    check(frame.color);
    if (frame.depth) check(*frame.depth);
    if (frame.time_s && !std::isfinite(*frame.time_s)) fail(ErrorCode::kInvalidInput, "the time is not a number");
  });
}

void hold_out(std::vector<Frame>& frames) {
  const int first_camera = frames.front().camera;
  const bool rig = std::any_of(frames.begin(), frames.end(), [&](const Frame& f) { return f.camera != first_camera; });
  for (size_t i = 0; i < frames.size(); ++i) {
    const size_t index = rig ? static_cast<size_t>(frames[i].camera) : i;
    frames[i].split = index % kHoldOutEvery == 0 ? Split::kTest : Split::kTrain;
  }
}

}  // namespace

std::span<const CaptureReader> capture_readers() {
  static const std::vector<CaptureReader> readers = {
      kSynthReader, kTransformsReader, kSevenScenesReader, kTumReader, kRigReader, kLlffReader, kLightFieldReader,
  };
  return readers;
}

void finish_content(CaptureContent& content) {
  DIO_CHECK(content.source != nullptr);
  if (content.frames.empty()) fail(ErrorCode::kInvalidInput, "the capture has no frames");
  std::unordered_set<std::string_view> ids;
  for (const Frame& frame : content.frames) {
    DIO_CHECK(frame.camera >= 0);
    if (!ids.insert(frame.id).second) {
      fail(ErrorCode::kInvalidInput, "two frames are called {}; give their files different names", frame.id);
    }
    check_frame(frame);
  }
  if (!content.has_split) hold_out(content.frames);
}

glm::vec3 up_from_cameras(std::span<const Frame> frames) {
  glm::dvec3 sum(0.0);
  for (const Frame& frame : frames) sum -= glm::dvec3(frame.color.world_from_camera.rotation[1]);
  const double length = glm::length(sum);
  // Cameras that look every way round cancel out; any axis is as good then.
  if (!(length > 1e-6 * static_cast<double>(frames.size()))) return {0, 0, 1};
  return glm::vec3(sum / length);
}

}  // namespace diorama
