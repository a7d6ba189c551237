#include "capture/inspect.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json vector_json(glm::vec3 v) {
  return {v.x, v.y, v.z};
}

Json bounds_json(const Bounds& bounds) {
  if (bounds.empty()) return nullptr;
  return {{"min", vector_json(bounds.min)}, {"max", vector_json(bounds.max)}};
}

Json sizes_json(const std::vector<ImageSizeCount>& sizes) {
  Json list = Json::array();
  for (const ImageSizeCount& size : sizes) {
    list.push_back({{"width", size.size_px.x}, {"height", size.size_px.y}, {"frames", size.frames}});
  }
  return list;
}

Json conventions_json(const CaptureConventions& conventions) {
  return {{"format", conventions.format},
          {"camera_axes", conventions.camera_axes},
          {"matrix", conventions.matrix},
          {"depth_unit", conventions.depth_unit},
          {"invalid_depth", conventions.invalid_depth},
          {"intrinsics_of", conventions.intrinsics_of},
          {"distortion", conventions.distortion},
          {"metric", conventions.metric},
          {"color_registered", conventions.color_registered},
          {"up_in_world", vector_json(conventions.up_in_world)},
          {"up_source", conventions.up_source}};
}

Json check_json(const SelfCheck& check) {
  return {{"verdict", verdict_name(check.verdict)},
          {"cause", check.cause},
          {"assumption", check.assumption},
          {"frames", check.frames},
          {"pairs", check.pairs},
          {"median_error_m", or_null(check.median_error_m)},
          {"agreement", or_null(check.agreement)},
          {"hidden", or_null(check.hidden)},
          {"explained_median_error_m", or_null(check.explained_median_error_m)},
          {"explained_agreement", or_null(check.explained_agreement)}};
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string sizes_text(const std::vector<ImageSizeCount>& sizes) {
  if (sizes.empty()) return "none";
  std::string text;
  for (const ImageSizeCount& size : sizes) {
    text += fmt::format("{}{}x{}", text.empty() ? "" : ", ", size.size_px.x, size.size_px.y);
    if (sizes.size() > 1) text += fmt::format(" ({} frames)", size.frames);
  }
  return text;
}

std::string bounds_text(const Bounds& bounds) {
  if (bounds.empty()) return "-";
  return fmt::format("({:.3f} {:.3f} {:.3f}) to ({:.3f} {:.3f} {:.3f})", bounds.min.x, bounds.min.y, bounds.min.z,
                     bounds.max.x, bounds.max.y, bounds.max.z);
}

const char* calibration_text(const CaptureSummary& s) {
  if (s.conventions.color_registered) return "colour and depth share a camera";
  return s.calibration_known ? "colour is not registered to depth; the rig is known"
                             : "colour is not registered to depth; the rig is not known";
}

class Lines {
 public:
  template <class... Args>
  void add(std::string_view title, fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format("{:<14}{}\n", title, fmt::format(format, std::forward<Args>(args)...));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_frames(const CaptureSummary& s, Lines& lines) {
  lines.add("capture", "{} ({})", s.name, s.conventions.format);
  lines.add("frames", "{}: {} train, {} test{}; {} camera{}", s.frames, s.train_frames, s.test_frames,
            s.validation_frames > 0 ? fmt::format(", {} validation", s.validation_frames) : "", s.cameras,
            s.cameras == 1 ? "" : "s");
  lines.add("colour", "{}, field of view {:.1f} x {:.1f} deg", sizes_text(s.color_sizes), s.color_field_of_view_deg.x,
            s.color_field_of_view_deg.y);
  if (s.frames_with_depth == 0) lines.add("depth", "none");
  if (s.frames_with_depth > 0) {
    lines.add("depth", "{}, in {} of {} frames", sizes_text(s.depth_sizes), s.frames_with_depth, s.frames);
  }
  if (s.frames_with_confidence > 0) lines.add("confidence", "in {} of {} frames", s.frames_with_confidence, s.frames);
  if (s.frames_with_mask > 0) lines.add("mask", "in {} of {} frames", s.frames_with_mask, s.frames);
  if (s.frames_with_alpha > 0) lines.add("alpha", "in {} of {} frames", s.frames_with_alpha, s.frames);
}

void add_geometry(const CaptureSummary& s, Lines& lines) {
  const char* unit = s.conventions.metric ? "m" : "units";
  if (s.depth_coverage) {
    lines.add("coverage", "{:.1f} % of the depth pixels (in {} frames)", 100 * *s.depth_coverage, s.sampled_frames);
  }
  if (s.depth_m) {
    const auto& depth = *s.depth_m;
    lines.add("depth range", "{:.3f} to {:.3f} {}, median {:.3f} (1st to 99th percentile)", depth[0], depth[2], unit,
              depth[1]);
  }
  if (s.duration_s) lines.add("duration", "{:.2f} s", *s.duration_s);
  lines.add("path", "{:.2f} {}", s.path_m, unit);
  lines.add("cameras in", "{} {}", bounds_text(s.camera_bounds), unit);
  if (!s.point_bounds.empty()) {
    lines.add("points in", "{} {} (1st to 99th percentile)", bounds_text(s.point_bounds), unit);
  }
}

void add_conventions(const CaptureSummary& s, Lines& lines) {
  const CaptureConventions& c = s.conventions;
  lines.add("conventions", "axes {}; matrix {}; {}", c.camera_axes, c.matrix,
            c.metric ? "metres" : "units of structure from motion");
  lines.add("", "depth unit {}; invalid {}; K of {}; distortion {}", or_dash(c.depth_unit), or_dash(c.invalid_depth),
            c.intrinsics_of, c.distortion);
  lines.add("", "up ({:.2f} {:.2f} {:.2f}), from {}", c.up_in_world.x, c.up_in_world.y, c.up_in_world.z,
            or_dash(c.up_source));
  if (s.frames_with_depth > 0) lines.add("calibration", "{}", calibration_text(s));
}

void add_check(const CaptureSummary& s, Lines& lines) {
  const SelfCheck& check = s.check;
  lines.add("self-check", "{}{}{}", verdict_name(check.verdict), check.cause.empty() ? "" : ": ", check.cause);
  if (!check.agreement || !check.median_error_m || !check.hidden) return;
  const std::string error = s.conventions.metric ? fmt::format("{:.1f} mm", 1000 * *check.median_error_m)
                                                 : fmt::format("{:.4g} units", *check.median_error_m);
  lines.add("", "{} pairs of {} frames: median error {}, {:.1f} % agree within 2 % of depth ({:.1f} % hidden)",
            check.pairs, check.frames, error, 100 * *check.agreement, 100 * *check.hidden);
}

}  // namespace

std::string to_json(const CaptureSummary& s) {
  Json json = {{"name", s.name},
               {"frames", s.frames},
               {"train_frames", s.train_frames},
               {"test_frames", s.test_frames},
               {"validation_frames", s.validation_frames},
               {"cameras", s.cameras},
               {"frames_with_depth", s.frames_with_depth},
               {"frames_with_confidence", s.frames_with_confidence},
               {"frames_with_mask", s.frames_with_mask},
               {"frames_with_alpha", s.frames_with_alpha},
               {"color_sizes", sizes_json(s.color_sizes)},
               {"depth_sizes", sizes_json(s.depth_sizes)},
               {"color_field_of_view_deg", {s.color_field_of_view_deg.x, s.color_field_of_view_deg.y}},
               {"calibration_known", s.calibration_known},
               {"duration_s", or_null(s.duration_s)},
               {"path_m", s.path_m},
               {"camera_bounds", bounds_json(s.camera_bounds)},
               {"sampled_frames", s.sampled_frames},
               {"depth_coverage", or_null(s.depth_coverage)},
               {"depth_percentiles_m", or_null(s.depth_m)},
               {"point_bounds", bounds_json(s.point_bounds)},
               {"conventions", conventions_json(s.conventions)},
               {"warnings", s.warnings},
               {"check", check_json(s.check)}};
  // Names may hold bytes that are no UTF-8; these are replaced rather than refused.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_text(const CaptureSummary& summary) {
  Lines lines;
  add_frames(summary, lines);
  add_geometry(summary, lines);
  add_conventions(summary, lines);
  add_check(summary, lines);
  for (const std::string& warning : summary.warnings) lines.add("warning", "{}", warning);
  return lines.text();
}

}  // namespace diorama
