#include "capture/inspect.h"

#include "capture/depth_views.h"
#include "engine/base/options.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace diorama {
namespace {

void count_size(std::vector<ImageSizeCount>& sizes, glm::ivec2 size_px) {
  for (ImageSizeCount& size : sizes) {
    if (size.size_px != size_px) continue;
    ++size.frames;
    return;
  }
  sizes.push_back({size_px, 1});
}

void by_frequency(std::vector<ImageSizeCount>& sizes) {
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const ImageSizeCount& a, const ImageSizeCount& b) { return a.frames > b.frames; });
}

void count_frames(const Capture& capture, CaptureSummary& summary) {
  summary.frames = capture.frames().size();
  for (const Frame& frame : capture.frames()) {
    summary.train_frames += frame.split == Split::kTrain ? 1 : 0;
    summary.test_frames += frame.split == Split::kTest ? 1 : 0;
    summary.validation_frames += frame.split == Split::kValidation ? 1 : 0;
    summary.frames_with_depth += frame.depth ? 1 : 0;
    summary.frames_with_confidence += frame.has_confidence ? 1 : 0;
    summary.frames_with_mask += frame.has_mask ? 1 : 0;
    summary.frames_with_alpha += frame.has_alpha ? 1 : 0;
    if (frame.has_color) count_size(summary.color_sizes, frame.color.size_px);
    if (frame.depth) count_size(summary.depth_sizes, frame.depth->size_px);
  }
  by_frequency(summary.color_sizes);
  by_frequency(summary.depth_sizes);
  const Camera& first = capture.frames().front().color;
  const auto angle_deg = [](float begin_px, float end_px, float focal_px) {
    return (std::atan(end_px / focal_px) - std::atan(begin_px / focal_px)) * 180 / std::numbers::pi_v<float>;
  };
  const glm::vec2 size_px(first.size_px);
  summary.color_field_of_view_deg = {angle_deg(-first.center_px.x, size_px.x - first.center_px.x, first.focal_px.x),
                                     angle_deg(-first.center_px.y, size_px.y - first.center_px.y, first.focal_px.y)};
}

void follow_cameras(const Capture& capture, CaptureSummary& summary) {
  std::map<int, glm::vec3> last_of_camera;
  std::optional<double> first_s, last_s;
  for (const Frame& frame : capture.frames()) {
    const Camera& camera = frame.depth ? *frame.depth : frame.color;
    const glm::vec3 position = camera.world_from_camera.translation;
    summary.camera_bounds.extend(position);
    if (const auto [last, is_first] = last_of_camera.try_emplace(frame.camera, position); !is_first) {
      summary.path_m += glm::distance(glm::dvec3(last->second), glm::dvec3(position));
      last->second = position;
    }
    if (!frame.time_s) continue;
    first_s = std::min(first_s.value_or(*frame.time_s), *frame.time_s);
    last_s = std::max(last_s.value_or(*frame.time_s), *frame.time_s);
  }
  summary.cameras = last_of_camera.size();
  if (first_s) summary.duration_s = *last_s - *first_s;
}

// `share` of the values are below it. The order of `values` changes.
double percentile(std::vector<float>& values, double share) {
  const auto index = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return static_cast<double>(values[static_cast<size_t>(index)]);
}

void measure_depth(std::span<const DepthView> views, CaptureSummary& summary) {
  summary.sampled_frames = views.size();
  size_t pixels = 0, valid = 0;
  std::vector<float> depths_m;
  std::array<std::vector<float>, 3> points;
  for (const DepthView& view : views) {
    pixels += view.pixels;
    valid += view.valid_pixels;
    depths_m.insert(depths_m.end(), view.depths_m.begin(), view.depths_m.end());
    for (const glm::vec3 point : view.points) {
      const glm::vec3 p_in_world = view.camera.world_from_camera * point;
      for (int axis = 0; axis < 3; ++axis) points[static_cast<size_t>(axis)].push_back(p_in_world[axis]);
    }
  }
  if (pixels > 0) summary.depth_coverage = static_cast<double>(valid) / static_cast<double>(pixels);
  if (!depths_m.empty()) {
    summary.depth_m = {percentile(depths_m, 0.01), percentile(depths_m, 0.5), percentile(depths_m, 0.99)};
  }
  if (points[0].empty()) return;
  glm::dvec3 low, high;
  for (int axis = 0; axis < 3; ++axis) {
    low[axis] = percentile(points[static_cast<size_t>(axis)], 0.01);
    high[axis] = percentile(points[static_cast<size_t>(axis)], 0.99);
  }
  summary.point_bounds = {glm::vec3(low), glm::vec3(high)};
}

}  // namespace

CaptureSummary inspect_capture(const Capture& capture, const InspectOptions& options, JobContext& job) {
  InspectOptions checked = options;
  check_options(option_fields(checked));
  CaptureSummary summary;
  summary.name = capture.name();
  summary.conventions = capture.conventions();
  summary.warnings = capture.warnings();
  summary.calibration_known = capture.conventions().color_registered || capture.calibration().has_value();
  count_frames(capture, summary);
  follow_cameras(capture, summary);
  const std::vector<size_t> frames = choose_depth_frames(capture.frames(), static_cast<size_t>(options.frames));
  const std::vector<DepthView> views = load_depth_views(capture, frames, job);
  measure_depth(views, summary);
  summary.check = check_depth_views(capture, views, options, job);
  return summary;
}

}  // namespace diorama
