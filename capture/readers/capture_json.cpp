#include "capture/readers/capture_json.h"

#include "capture/readers/json_value.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr int kMaxSizePx = 32768;

struct DescribedCamera {
  Camera color;
  std::optional<Camera> depth;
  std::optional<Rigid> color_from_depth;
  std::optional<Split> split;
  LensDistortion lens;
};

std::optional<Split> read_split(const JsonValue& object) {
  const auto split = object.find("split");
  if (!split) return std::nullopt;
  if (split->text() == "train") return Split::kTrain;
  if (split->text() == "test") return Split::kTest;
  fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected train or test", split->where(), split->text().substr(0, 40));
}

Camera read_intrinsics(const JsonValue& object) {
  const JsonValue size = object.at("size"), focal = object.at("focal");
  if (size.size() != 2) fail(ErrorCode::kInvalidInput, "{} has {} entries, expected 2", size.where(), size.size());
  Camera camera;
  camera.size_px = {size[0].integer(1, kMaxSizePx), size[1].integer(1, kMaxSizePx)};
  camera.focal_px = glm::vec2(focal.pair());
  camera.center_px = glm::vec2(object.at("center").pair());
  with_context(std::string_view(object.where()), [&] { check_camera(camera); });
  return camera;
}

LensDistortion read_lens(const JsonValue& color) {
  const auto described = color.find("distortion");
  if (!described) return {};
  const auto coefficient = [&](std::string_view key) {
    const auto value = described->find(key);
    return value ? value->number() : 0.0;
  };
  return {coefficient("k1"), coefficient("k2"), coefficient("k3"), coefficient("p1"), coefficient("p2")};
}

DescribedCamera read_camera(const JsonValue& object, bool registered) {
  DescribedCamera camera;
  camera.color = read_intrinsics(object.at("color"));
  camera.lens = read_lens(object.at("color"));
  if (const auto depth = object.find("depth")) camera.depth = read_intrinsics(*depth);
  if (const auto motion = object.find("color_from_depth")) camera.color_from_depth = motion->rigid();
  camera.split = read_split(object);
  if (registered && camera.color_from_depth) {
    fail(ErrorCode::kInvalidInput,
         "{}.color_from_depth contradicts color_registered; set that to false or leave it out", object.where());
  }
  return camera;
}

std::filesystem::path path_at(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  if (!value) return {};
  return value->text();
}

void read_frame(const JsonValue& object, const std::vector<DescribedCamera>& cameras, CaptureJson& result) {
  const auto index = object.find("camera");
  Frame frame;
  frame.id = object.at("id").text();
  frame.camera = index ? index->integer(0, static_cast<int>(cameras.size()) - 1) : 0;
  const DescribedCamera& camera = cameras[static_cast<size_t>(frame.camera)];
  const FrameFiles files{path_at(object, "color"), path_at(object, "depth"), path_at(object, "confidence"),
                         path_at(object, "mask"), camera.lens};
  if (files.color.empty()) fail(ErrorCode::kInvalidInput, "{}.color is missing", object.where());
  if (!files.depth.empty() && !camera.depth) {
    fail(ErrorCode::kInvalidInput, "{} has depth, but cameras[{}].depth is missing", object.where(), frame.camera);
  }
  const Rigid pose = object.at("world_from_camera").rigid();
  frame.color = camera.color;
  frame.color.world_from_camera = pose;
  if (!files.depth.empty()) {
    frame.depth = camera.depth;
    frame.depth->world_from_camera = pose;
    if (camera.color_from_depth) frame.color.world_from_camera = pose * inverse(*camera.color_from_depth);
  }
  if (const auto time = object.find("time_s")) frame.time_s = time->number();
  const std::optional<Split> own_split = read_split(object);
  result.content.has_split |= own_split || camera.split;
  frame.split = own_split.value_or(camera.split.value_or(Split::kTrain));
  frame.has_confidence = !files.confidence.empty() && frame.depth;
  frame.has_mask = !files.mask.empty() || !camera.lens.is_none();
  result.content.frames.push_back(std::move(frame));
  result.files.push_back(files);
}

glm::vec3 read_up(const JsonValue& value) {
  if (value.size() != 3) fail(ErrorCode::kInvalidInput, "{} has {} entries, expected 3", value.where(), value.size());
  const glm::dvec3 up(value[0].number(), value[1].number(), value[2].number());
  const double length = glm::length(up);
  if (!(std::abs(length - 1) <= 1e-2)) {
    fail(ErrorCode::kInvalidInput, "{} has length {:.4g}, expected 1", value.where(), length);
  }
  return glm::vec3(up / length);
}

void check_header(const JsonValue& root) {
  const std::string& format = root.at("format").text();
  if (format != "diorama-capture") {
    fail(ErrorCode::kInvalidInput, "format is \"{}\", expected \"diorama-capture\"", format.substr(0, 40));
  }
  const double version = root.at("version").number();
  if (version != 1) fail(ErrorCode::kUnsupported, "version is {}, this build reads 1", version);
}

void describe(const JsonValue& root, const std::vector<DescribedCamera>& cameras, CaptureJson& result) {
  CaptureContent& content = result.content;
  CaptureConventions& conventions = content.conventions;
  conventions.format = "synth";
  const auto has_depth = [](const Frame& frame) { return frame.depth.has_value(); };
  if (std::any_of(content.frames.begin(), content.frames.end(), has_depth)) {
    result.depth_unit_m = root.at("depth_unit_m").positive_number();
    conventions.depth_unit = fmt::format("{:.6g} mm", result.depth_unit_m * 1000);
    conventions.invalid_depth = std::string("0");
  }
  const auto is_bent = [](const DescribedCamera& camera) { return !camera.lens.is_none(); };
  if (std::any_of(cameras.begin(), cameras.end(), is_bent))
    conventions.distortion = "k1 k2 k3 p1 p2, removed on loading";
  const auto up = root.find("up");
  conventions.up_in_world = up ? read_up(*up) : up_from_cameras(content.frames);
  conventions.up_source = up ? "format" : "cameras";
  if (cameras.size() == 1 && cameras[0].color_from_depth) {
    content.calibration = RigCalibration{cameras[0].color, *cameras[0].color_from_depth};
  }
}

}  // namespace

CaptureJson parse_capture_json(std::string_view text) {
  const nlohmann::json document = parse_json(text);
  const JsonValue root(document);
  check_header(root);
  CaptureJson result;
  if (const auto name = root.find("name")) result.content.name = name->text();
  const auto registered = root.find("color_registered");
  result.content.conventions.color_registered = !registered || registered->boolean();

  const JsonValue camera_list = root.at("cameras");
  std::vector<DescribedCamera> cameras;
  for (size_t i = 0; i < camera_list.size(); ++i) {
    cameras.push_back(read_camera(camera_list[i], result.content.conventions.color_registered));
  }
  if (cameras.empty()) fail(ErrorCode::kInvalidInput, "cameras is empty, expected at least one");
  const JsonValue frames = root.at("frames");
  result.content.frames.reserve(frames.size());
  for (size_t i = 0; i < frames.size(); ++i) read_frame(frames[i], cameras, result);
  describe(root, cameras, result);
  return result;
}

}  // namespace diorama
