#include "capture/readers/image_files.h"
#include "capture/readers/json_value.h"
#include "capture/readers/reader.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <algorithm>
#include <string>
#include <string_view>

// A rig of fixed cameras around a moving thing: meta.json, rgb/CAMERA/frame_NNNN.png, depth/CAMERA/frame_NNNN.png.

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxFrames = 1'000'000, kMaxCameras = 10'000;

bool rig_matches(const fs::path& folder) {
  const fs::path path = folder / "meta.json";
  if (!is_file(path) || !is_folder(folder / "rgb")) return false;
  const std::vector<std::byte> head = read_file_head(path, 4096);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  return text.find("\"cameras\"") != std::string_view::npos && text.find("world_from_camera") != std::string_view::npos;
}

struct RigCamera {
  std::string id;
  Camera camera;
  std::optional<Split> split;
};

struct Rig {
  double fps = 0;
  int frames = 0;
  bool alpha = false;
  glm::vec3 up_in_world{0, 0, 1};
  std::vector<RigCamera> cameras;
};

// What the file states must be what this reader does; anything else would go wrong silently.
void require_text(const JsonValue& object, std::string_view key, std::string_view expected) {
  const auto value = object.find(key);
  if (!value || value->text().starts_with(expected)) return;
  fail(ErrorCode::kUnsupported, "{} is '{}', expected '{}'", value->where(), value->text(), expected);
}

std::optional<Split> read_split(const JsonValue& camera) {
  const auto split = camera.find("split");
  if (!split) return std::nullopt;
  if (split->text() == "train") return Split::kTrain;
  if (split->text() == "test") return Split::kTest;
  fail(ErrorCode::kInvalidInput, "{} is '{}', expected 'train' or 'test'", split->where(), split->text());
}

RigCamera read_camera(const JsonValue& value, glm::vec2 pixel_center) {
  require_text(value, "axes", "OpenCV");
  RigCamera rig_camera;
  rig_camera.id = value.at("id").text();
  const bool plain = rig_camera.id.find_first_of("/\\") == std::string::npos && !rig_camera.id.starts_with('.');
  if (rig_camera.id.empty() || !plain) {
    fail(ErrorCode::kInvalidInput, "{}.id is '{}', expected the name of a folder in rgb", value.where(), rig_camera.id);
  }
  Camera& camera = rig_camera.camera;
  camera.size_px = {value.at("width").integer(1, 32768), value.at("height").integer(1, 32768)};
  camera.focal_px = {value.at("fx").positive_number(), value.at("fy").positive_number()};
  camera.center_px = glm::dvec2(value.at("cx").number(), value.at("cy").number()) + glm::dvec2(0.5f - pixel_center);
  camera.world_from_camera = value.at("world_from_camera").rigid();
  rig_camera.split = read_split(value);
  return rig_camera;
}

glm::vec3 read_up(const JsonValue& document) {
  const auto world = document.find("world");
  if (!world || world->text().find("+Z up") != std::string::npos) return {0, 0, 1};
  if (world->text().find("+Y up") != std::string::npos) return {0, 1, 0};
  fail(ErrorCode::kUnsupported, "world is '{}', expected it to say '+Z up' or '+Y up'", world->text());
}

Rig read_rig(const JsonValue& document) {
  require_text(document, "depth_unit", "millimetre");
  require_text(document, "units", "metre");
  require_text(document, "distortion", "none");
  Rig rig;
  rig.fps = document.at("fps").number();
  if (!(rig.fps > 0 && rig.fps <= 1e5)) {
    fail(ErrorCode::kInvalidInput, "fps is {}, expected a positive number of frames a second", rig.fps);
  }
  rig.frames = document.at("frames").integer(1, kMaxFrames);
  const auto background = document.find("background");
  rig.alpha = background && background->text() == "alpha";
  rig.up_in_world = read_up(document);
  const auto center = document.find("pixel_centre");
  const glm::vec2 pixel_center = center ? glm::vec2(center->pair()) : glm::vec2(0.5f);
  const JsonValue cameras = document.at("cameras");
  if (cameras.size() == 0 || cameras.size() > static_cast<size_t>(kMaxCameras) ||
      cameras.size() * static_cast<size_t>(rig.frames) > static_cast<size_t>(kMaxFrames)) {
    fail(ErrorCode::kInvalidInput, "cameras has {} entries for {} frames, expected 1 to {} images in all",
         cameras.size(), rig.frames, kMaxFrames);
  }
  for (size_t i = 0; i < cameras.size(); ++i) rig.cameras.push_back(read_camera(cameras[i], pixel_center));
  return rig;
}

fs::path image_path(const fs::path& folder, int frame) {
  for (const char* extension : {"png", "jpg", "webp"}) {
    const fs::path path = folder / fmt::format("frame_{:04}.{}", frame, extension);
    if (is_file(path)) return path;
  }
  return {};
}

// Numbers of frames, rising, as "0003, 0007 to 0011"; long lists end in "...".
std::string listed(const std::vector<int>& numbers) {
  constexpr size_t kMostRanges = 5;
  std::string list;
  size_t ranges = 0;
  for (size_t begin = 0, end = 0; begin < numbers.size(); begin = end, ++ranges) {
    while (end < numbers.size() && numbers[end] == numbers[begin] + static_cast<int>(end - begin)) ++end;
    list += ranges > 0 ? ", " : "";
    if (ranges == kMostRanges) return list + "...";
    list += fmt::format("{:04}", numbers[begin]);
    if (end - begin > 1) list += fmt::format(" to {:04}", numbers[end - 1]);
  }
  return list;
}

// What a camera lacks; frame numbers.
struct CameraGaps {
  std::vector<int> color, depth;  // depth: of frames that have colour
};

// A camera that drops frames is told by name: what is fitted to the others alone may be worse at these times.
void warn_of_gaps(const fs::path& folder, const Rig& rig, const std::vector<CameraGaps>& gaps,
                  CaptureContent& content) {
  for (size_t i = 0; i < gaps.size(); ++i) {
    const std::string& id = rig.cameras[i].id;
    const size_t missing = gaps[i].color.size(), taken = static_cast<size_t>(rig.frames) - missing;
    if (missing > 0) {
      content.warnings.push_back(fmt::format("camera {}: {} of {} colour images are not in {} and are left out: {}", id,
                                             missing, rig.frames, (folder / "rgb" / id).string(),
                                             listed(gaps[i].color)));
    }
    const size_t without = gaps[i].depth.size();
    if (without > 0 && !content.conventions.depth_unit.empty()) {
      content.warnings.push_back(fmt::format("camera {}: {} of {} frames have no depth image in {}: {}", id, without,
                                             taken, (folder / "depth" / id).string(), listed(gaps[i].depth)));
    }
  }
}

// All cameras of the first moment, then of the next: frames that belong together stand together.
std::vector<CameraGaps> add_frames(const fs::path& folder, const Rig& rig, CaptureContent& content,
                                   std::vector<FrameFiles>& files) {
  std::vector<CameraGaps> gaps(rig.cameras.size());
  for (int number = 0; number < rig.frames; ++number) {
    for (size_t i = 0; i < rig.cameras.size(); ++i) {
      const RigCamera& camera = rig.cameras[i];
      const fs::path color = image_path(folder / "rgb" / camera.id, number);
      const fs::path depth = image_path(folder / "depth" / camera.id, number);
      if (color.empty()) {
        gaps[i].color.push_back(number);
        continue;
      }
      if (depth.empty()) gaps[i].depth.push_back(number);
      Frame frame{.id = fmt::format("{}/{:04}", camera.id, number), .color = camera.camera};
      if (!depth.empty()) frame.depth = camera.camera;
      frame.time_s = number / rig.fps;
      frame.camera = static_cast<int>(i);
      frame.split = camera.split.value_or(Split::kTrain);
      frame.has_alpha = rig.alpha;
      content.frames.push_back(std::move(frame));
      files.push_back({color, depth, {}, {}, {}});
    }
  }
  if (content.frames.empty()) {
    fail(ErrorCode::kNotFound, "{}: no image rgb/{}/frame_0000.png or the like is there", folder.string(),
         rig.cameras.front().id);
  }
  return gaps;
}

CaptureContent read_rig_capture(const fs::path& folder, const CaptureOptions& options) {
  const fs::path path = folder / "meta.json";
  const nlohmann::json document = read_json_file(path);
  const Rig rig = with_context(path, [&] { return read_rig(JsonValue(document)); });
  CaptureContent content;
  std::vector<FrameFiles> files;
  const std::vector<CameraGaps> gaps = add_frames(folder, rig, content, files);
  content.has_split =
      std::any_of(rig.cameras.begin(), rig.cameras.end(), [](const RigCamera& camera) { return camera.split; });
  const bool depth =
      std::any_of(content.frames.begin(), content.frames.end(), [](const Frame& f) { return f.depth.has_value(); });
  CaptureConventions& conventions = content.conventions;
  conventions.format = "rig";
  if (depth) {
    conventions.depth_unit = "1 mm";
    conventions.invalid_depth = std::string(1, '0');
  }
  warn_of_gaps(folder, rig, gaps, content);
  conventions.up_in_world = rig.up_in_world;
  conventions.up_source = "format";
  content.source = make_file_source(std::move(files), content.frames, {0.001, {0}}, {}, options.depth_max_m);
  return content;
}

}  // namespace

extern const CaptureReader kRigReader{"rig", rig_matches, read_rig_capture, "meta.json with rgb"};

}  // namespace diorama
