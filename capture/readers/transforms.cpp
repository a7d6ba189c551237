#include "capture/readers/transforms.h"

#include "capture/readers/json_value.h"
#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <unordered_map>

namespace diorama {
namespace {

constexpr int kMaxSizePx = 32768;

// All of these are what Brown-Conrady covers, with some coefficients at 0.
constexpr std::array<std::string_view, 5> kCameraModels = {"OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL",
                                                           "RADIAL"};

void check_camera_model(const JsonValue& object) {
  if (const auto model = object.find("camera_model")) {
    const std::string& name = model->text();
    if (std::find(kCameraModels.begin(), kCameraModels.end(), name) == kCameraModels.end()) {
      fail(ErrorCode::kUnsupported, "{} is {}, which this build cannot undistort; undistort the images first",
           model->where(), name.substr(0, 40));
    }
  }
  for (const char* key : {"is_fisheye", "latlong"}) {
    const auto flag = object.find(key);
    if (flag && flag->boolean()) {
      fail(ErrorCode::kUnsupported, "{} is set, but only pinhole cameras are read; undistort the images first",
           flag->where());
    }
  }
  const auto k4 = object.find("k4");
  if (k4 && k4->number() != 0) {
    fail(ErrorCode::kUnsupported, "{} is {}, but only k1 k2 k3 p1 p2 are read; undistort the images first", k4->where(),
         k4->number());
  }
}

void read_float(const JsonValue& object, const char* key, std::optional<float>& target) {
  if (const auto value = object.find(key)) target = static_cast<float>(value->number());
}

void read_positive(const JsonValue& object, const char* key, std::optional<float>& target) {
  if (const auto value = object.find(key)) target = static_cast<float>(value->positive_number());
}

void read_angle(const JsonValue& object, const char* key, std::optional<float>& target) {
  const auto value = object.find(key);
  if (!value) return;
  const double angle = value->number();
  if (!(angle > 0 && angle < std::numbers::pi)) {
    fail(ErrorCode::kInvalidInput, "{} is {}, expected radians between 0 and pi", value->where(), angle);
  }
  target = static_cast<float>(angle);
}

// Overrides `lens` by what `object` says.
void read_lens(const JsonValue& object, TransformsLens& lens) {
  check_camera_model(object);
  const auto width = object.find("w"), height = object.find("h");
  if (width && height) lens.size_px = glm::ivec2(width->integer(1, kMaxSizePx), height->integer(1, kMaxSizePx));
  read_positive(object, "fl_x", lens.focal_x_px);
  read_positive(object, "fl_y", lens.focal_y_px);
  read_float(object, "cx", lens.center_x_px);
  read_float(object, "cy", lens.center_y_px);
  read_angle(object, "camera_angle_x", lens.angle_x);
  read_angle(object, "camera_angle_y", lens.angle_y);
  lens.distortion.k1 = object.number_or("k1", lens.distortion.k1);
  lens.distortion.k2 = object.number_or("k2", lens.distortion.k2);
  lens.distortion.k3 = object.number_or("k3", lens.distortion.k3);
  lens.distortion.p1 = object.number_or("p1", lens.distortion.p1);
  lens.distortion.p2 = object.number_or("p2", lens.distortion.p2);
}

// OpenGL looks along -z with +y up, OpenCV along +z with +y down: the camera's own y and z axes turn round.
Rigid opencv_from_opengl(Rigid world_from_camera) {
  world_from_camera.rotation[1] *= -1.0f;
  world_from_camera.rotation[2] *= -1.0f;
  return world_from_camera;
}

TransformsSplit split_called(const JsonValue& value) {
  const std::string& name = value.text();
  if (name == "train") return TransformsSplit::kTrain;
  if (name == "val") return TransformsSplit::kVal;
  if (name == "test") return TransformsSplit::kTest;
  fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected train, val or test", value.where(), name.substr(0, 40));
}

std::string first_path(const JsonValue& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (const auto value = object.find(key)) return value->text();
  }
  return {};
}

TransformsFrame read_frame(const JsonValue& object, const TransformsLens& shared) {
  TransformsFrame frame;
  frame.color = object.at("file_path").text();
  if (frame.color.empty()) fail(ErrorCode::kInvalidInput, "{}.file_path is empty", object.where());
  frame.depth = first_path(object, {"depth_file_path", "depth_path"});
  frame.mask = first_path(object, {"mask_path"});
  frame.lens = shared;
  read_lens(object, frame.lens);
  frame.world_from_camera = opencv_from_opengl(object.at("transform_matrix").rigid());
  if (const auto split = object.find("split")) frame.split = split_called(*split);
  if (const auto time = object.find("time")) frame.time_s = time->number();
  return frame;
}

// nerfstudio's lists of file names; a frame in several is tested on.
void read_split_lists(const JsonValue& root, TransformsFile& file) {
  std::unordered_map<std::string_view, TransformsSplit> split_of;
  for (const auto& [key, split] :
       {std::pair{"train_filenames", TransformsSplit::kTrain}, std::pair{"val_filenames", TransformsSplit::kVal},
        std::pair{"test_filenames", TransformsSplit::kTest}}) {
    const auto list = root.find(key);
    if (!list) continue;
    file.lists_splits = true;
    for (size_t i = 0; i < list->size(); ++i) split_of[(*list)[i].text()] = split;
  }
  if (!file.lists_splits) return;
  for (TransformsFrame& frame : file.frames) {
    const auto found = split_of.find(frame.color);
    frame.split = found == split_of.end() ? TransformsSplit::kNone : found->second;
  }
}

bool same_shape(glm::ivec2 a, glm::ivec2 b) {
  // Halving sizes again and again rounds; 2 % is two pixels of a 100-pixel thumbnail, and far from a turned image.
  const glm::dvec2 ratio = glm::dvec2(a) / glm::dvec2(b);
  return std::abs(ratio.x / ratio.y - 1) <= 0.02;
}

}  // namespace

TransformsFile parse_transforms(std::string_view text) {
  const nlohmann::json document = parse_json(text);
  const JsonValue root(document);
  TransformsFile file;
  TransformsLens shared;
  read_lens(root, shared);
  for (const char* key : {"depth_unit_scale_factor", "integer_depth_scale"}) {
    if (const auto scale = root.find(key)) file.depth_unit_m = scale->positive_number();
  }
  file.has_applied_transform = root.find("applied_transform").has_value();
  if (const auto points = root.find("ply_file_path")) file.points = points->text();
  const JsonValue frames = root.at("frames");
  file.frames.reserve(frames.size());
  for (size_t i = 0; i < frames.size(); ++i) file.frames.push_back(read_frame(frames[i], shared));
  read_split_lists(root, file);
  return file;
}

Camera camera_of(const TransformsLens& lens, glm::ivec2 image_size_px, const Rigid& world_from_camera) {
  const glm::ivec2 size = lens.size_px.value_or(image_size_px);
  if (!same_shape(size, image_size_px)) {
    fail(ErrorCode::kInvalidInput, "the image is {}x{}, but w and h say {}x{}; turn or crop it as the file has it",
         image_size_px.x, image_size_px.y, size.x, size.y);
  }
  const auto from_angle = [](int side, float angle) {
    return 0.5f * static_cast<float>(side) / std::tan(0.5f * angle);
  };
  std::optional<float> focal_x = lens.focal_x_px, focal_y = lens.focal_y_px;
  if (!focal_x && lens.angle_x) focal_x = from_angle(size.x, *lens.angle_x);
  if (!focal_y && lens.angle_y) focal_y = from_angle(size.y, *lens.angle_y);
  if (!focal_x) focal_x = focal_y;  // square pixels
  if (!focal_y) focal_y = focal_x;
  if (!focal_x) fail(ErrorCode::kInvalidInput, "no focal length is given, expected fl_x or camera_angle_x");
  Camera camera;
  camera.size_px = size;
  camera.focal_px = {*focal_x, *focal_y};
  camera.center_px = {lens.center_x_px.value_or(0.5f * static_cast<float>(size.x)),
                      lens.center_y_px.value_or(0.5f * static_cast<float>(size.y))};
  camera.world_from_camera = world_from_camera;
  return resized(camera, image_size_px);
}

}  // namespace diorama
