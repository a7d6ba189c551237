#pragma once

#include "capture/capture.h"
#include "capture/self_check.h"
#include "engine/base/job.h"
#include "engine/scene/mesh.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

struct ImageSizeCount {
  glm::ivec2 size_px{0};
  size_t frames = 0;
};

// What `diorama info CAPTURE` tells. Lengths are metres, or the capture's own units where conventions.metric is false.
struct CaptureSummary {
  std::string name;
  CaptureConventions conventions;
  std::vector<std::string> warnings;

  size_t frames = 0, train_frames = 0, test_frames = 0, validation_frames = 0;
  size_t cameras = 1;  // of a rig
  size_t frames_with_depth = 0, frames_with_confidence = 0, frames_with_mask = 0, frames_with_alpha = 0;
  std::vector<ImageSizeCount> color_sizes, depth_sizes;  // the commonest first
  glm::vec2 color_field_of_view_deg{0};                  // of the first frame, horizontal and vertical
  // Registered, or unregistered with a known rig; false: colour has to be placed by calibration first.
  bool calibration_known = true;

  std::optional<double> duration_s;  // where frames carry a time
  double path_m = 0;                 // travelled by all cameras, from each frame to the next in the capture's order
  Bounds camera_bounds;

  // From the frames whose depth was decoded, spread over the capture.
  size_t sampled_frames = 0;
  std::optional<double> depth_coverage;          // share of the pixels that have a measurement
  std::optional<std::array<double, 3>> depth_m;  // 1st, 50th, 99th percentile
  Bounds point_bounds;                           // of what was seen: 1st to 99th percentile on each axis

  SelfCheck check;
};

// Decodes the depth of some frames, never all (options), and no colour. Errors as Capture::load.
CaptureSummary inspect_capture(const Capture& capture, const InspectOptions& options, JobContext& job);

// One JSON object; keys as the fields, what is not known is null. docs/captures.md lists them.
std::string to_json(const CaptureSummary& summary);

// Lines to read, ending in a line feed.
std::string to_text(const CaptureSummary& summary);

}  // namespace diorama
