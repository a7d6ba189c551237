#include "capture/readers/image_files.h"
#include "capture/readers/reader.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

// A planar light field whose file names hold the cameras: NAME_row_column_Y_X_focal_sensor.jpg. X is the camera's
// position to the right and Y the one downwards, mm; focal length and sensor width (of the longer side) in mm. The
// cameras are parallel.

namespace diorama {
namespace {

namespace fs = std::filesystem;

struct ViewName {
  int row = 0, column = 0;
  double down_mm = 0, right_mm = 0, focal_mm = 0, sensor_mm = 0;
};

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<ViewName> parse_view_name(const std::string& stem) {
  std::array<std::string_view, 6> fields;
  std::string_view rest = stem;
  for (size_t i = fields.size(); i-- > 0;) {
    const size_t underscore = rest.rfind('_');
    if (underscore == std::string_view::npos) return std::nullopt;
    fields[i] = rest.substr(underscore + 1);
    rest = rest.substr(0, underscore);
  }
  ViewName view;
  const bool parsed = parse_whole(fields[0], view.row) && parse_whole(fields[1], view.column) &&
                      parse_whole(fields[2], view.down_mm) && parse_whole(fields[3], view.right_mm) &&
                      parse_whole(fields[4], view.focal_mm) && parse_whole(fields[5], view.sensor_mm);
  if (!parsed) return std::nullopt;
  return view;
}

struct View {
  ViewName name;
  fs::path path;
};

std::vector<View> find_views(const fs::path& folder) {
  std::vector<View> views;
  for (const fs::path& path : image_files(folder)) {
    if (const auto name = parse_view_name(path.stem().string())) views.push_back({*name, path});
  }
  return views;
}

bool light_field_matches(const fs::path& folder) {
  return find_views(folder).size() >= 2;
}

Camera camera_of(const ViewName& view, glm::ivec2 size_px) {
  const bool finite = std::isfinite(view.down_mm) && std::isfinite(view.right_mm);
  if (!finite || !(view.focal_mm > 0) || !(view.sensor_mm > 0)) {
    fail(ErrorCode::kInvalidInput,
         "the name says position {} {} mm, focal length {} mm, sensor {} mm; expected finite and positive numbers",
         view.down_mm, view.right_mm, view.focal_mm, view.sensor_mm);
  }
  Camera camera;
  camera.size_px = size_px;
  camera.focal_px = glm::vec2(static_cast<float>(view.focal_mm / view.sensor_mm * std::max(size_px.x, size_px.y)));
  camera.center_px = 0.5f * glm::vec2(size_px);
  camera.world_from_camera.translation = glm::vec3(glm::dvec3(view.right_mm, view.down_mm, 0) / 1000.0);
  return camera;
}

CaptureContent read_light_field(const fs::path& folder, const CaptureOptions& options) {
  const std::vector<View> views = find_views(folder);
  if (views.empty()) {
    fail(ErrorCode::kNotFound, "{}: no image is named like NAME_row_column_Y_X_focal_sensor.jpg", folder.string());
  }
  CaptureContent content;
  std::vector<FrameFiles> files;
  // All views are of one size: the first tells it, and loading checks the others.
  const glm::ivec2 size_px = probe_image(views.front().path).size_px;
  for (const View& view : views) {
    const Camera camera = with_context(view.path, [&] { return camera_of(view.name, size_px); });
    content.frames.push_back({.id = view.path.stem().string(), .color = camera});
    files.push_back({view.path, {}, {}, {}, {}});
  }
  CaptureConventions& conventions = content.conventions;
  conventions.format = "light-field";
  conventions.matrix = "position in the camera plane";
  conventions.up_in_world = {0, -1, 0};  // the world is the cameras' frame: +x right, +y down, +z forward
  conventions.up_source = "format";
  content.source = make_file_source(std::move(files), content.frames, {}, {}, options.depth_max_m);
  return content;
}

}  // namespace

extern const CaptureReader kLightFieldReader{"light-field", light_field_matches, read_light_field,
                                             "images named row_column_Y_X_focal_sensor"};

}  // namespace diorama
