#include "capture/synth/writer.h"

#include "capture/synth/sensor.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/options.h"
#include "engine/scene/image_io.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kGenerator = "diorama synth";
constexpr std::array<const char*, 5> kEntries{"capture.json", "things.json", "color", "depth", "ids"};

Json row_major(const Rigid& pose) {
  Json matrix = Json::array();
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) matrix.push_back(pose.rotation[column][row]);
    matrix.push_back(pose.translation[row]);
  }
  for (const float entry : {0.0f, 0.0f, 0.0f, 1.0f}) matrix.push_back(entry);
  return matrix;
}

Json pinhole(const Camera& camera) {
  return {{"size", {camera.size_px.x, camera.size_px.y}},
          {"focal", {camera.focal_px.x, camera.focal_px.y}},
          {"center", {camera.center_px.x, camera.center_px.y}}};
}

Json bent(Json camera, const LensDistortion& lens) {
  if (!lens.is_none()) {
    camera["distortion"] = {{"k1", lens.k1}, {"k2", lens.k2}, {"p1", lens.p1}, {"p2", lens.p2}};
  }
  return camera;
}

bool made_by_synth(const fs::path& folder) {
  const fs::path index = folder / "capture.json";
  if (!fs::is_regular_file(index)) return false;
  const Json json = Json::parse(read_text_file(index), nullptr, false);
  if (!json.is_object() || json.value("generator", Json()) != kGenerator) return false;
  return std::all_of(fs::directory_iterator(folder), fs::directory_iterator(), [](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    return std::find(kEntries.begin(), kEntries.end(), name) != kEntries.end();
  });
}

void check_target(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (status.type() == fs::file_type::not_found) return;
  if (error) fail(ErrorCode::kIo, "{}: cannot be looked at: {}", target.string(), error.message());
  if (!fs::is_directory(status)) {
    fail(ErrorCode::kInvalidInput, "{}: is a file, expected a folder to write the capture to", target.string());
  }
  if (fs::is_empty(target) || made_by_synth(target)) return;
  fail(ErrorCode::kInvalidInput,
       "{}: holds files that are no synthetic capture, and would be lost; name a new or empty folder", target.string());
}

// Rename, then removal: at no time is there half a capture under the target's name.
void replace_folder(const fs::path& from, const fs::path& target, const fs::path& aside) {
  std::error_code error;
  if (fs::exists(target, error)) {
    fs::rename(target, aside, error);
    if (error) fail(ErrorCode::kIo, "{}: cannot be replaced: {}", target.string(), error.message());
  }
  fs::rename(from, target, error);
  if (error) {
    const std::string reason = error.message();
    fs::rename(aside, target, error);
    fail(ErrorCode::kIo, "{}: cannot be written: {}", target.string(), reason);
  }
  fs::remove_all(aside, error);
}

}  // namespace

SynthWriter::SynthWriter(const fs::path& target, std::string name, const SynthOptions& options,
                         std::vector<SynthView> views)
    : name_(std::move(name)), options_(options), views_(std::move(views)), rig_(name_ == "performance") {
  if (target.empty()) fail(ErrorCode::kInvalidInput, "the capture's folder has no name; give one with -o");
  target_ = fs::absolute(target).lexically_normal();
  if (!target_.has_filename()) target_ = target_.parent_path();
  check_target(target_);
  temporary_ = target_.parent_path() / fmt::format(".{}.{}.part", target_.filename().string(), ::getpid());
  std::error_code error;
  fs::remove_all(temporary_, error);
  fs::create_directories(temporary_, error);
  if (error) fail(ErrorCode::kIo, "{}: the folder cannot be made: {}", target_.string(), error.message());
}

SynthWriter::~SynthWriter() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

std::string SynthWriter::frame_id(size_t view) const {
  if (!rig_) return fmt::format("{:06}", view);
  const auto camera = static_cast<size_t>(views_[view].camera),
             frames = views_.size() / static_cast<size_t>(options_.cameras);
  return fmt::format("cam{:02}/{:04}", camera, view - camera * frames);
}

Rigid SynthWriter::pose_to_tell(size_t view) const {
  const Rigid& truth = views_[view].depth.world_from_camera;
  // Held out by the reader's rule: every 8th frame, or camera of the ring.
  const size_t key = rig_ ? static_cast<size_t>(views_[view].camera) : view;
  return key % 8 == 0 ? truth : reported_pose(truth, options_, static_cast<uint32_t>(key));
}

void SynthWriter::write_frame(size_t view, const SynthFrameImages& images, ThreadPool& pool) {
  const std::string file = frame_id(view) + ".png";
  pool.parallel_for(3, 1, [&](size_t part, size_t) {
    const fs::path folder = temporary_ / (part == 0 ? "color" : part == 1 ? "depth" : "ids");
    write_file(folder / file, part == 0   ? encode_png(images.color)
                              : part == 1 ? encode_png(images.depth)
                                          : encode_png(images.ids));
  });
}

void SynthWriter::commit(const std::vector<std::string>& things) {
  SynthOptions options = options_;
  Json json{{"format", "diorama-capture"},
            {"version", 1},
            {"generator", kGenerator},
            {"name", name_},
            {"up", {0, 1, 0}},
            {"color_registered", !options_.unregistered},
            {"depth_unit_m", 0.00025},
            {"options", Json::parse(options_to_json(option_fields(options)))}};
  for (const SynthView& view : views_) {
    if (!json["cameras"].empty() && static_cast<size_t>(view.camera) < json["cameras"].size()) continue;
    Json camera{{"id", rig_ ? fmt::format("cam{:02}", view.camera) : "main"}};
    if (rig_) camera["split"] = view.camera % 8 == 0 ? "test" : "train";
    camera["color"] = options_.hide_calibration ? pinhole(view.depth) : bent(pinhole(view.color), view.color_lens);
    camera["depth"] = pinhole(view.depth);
    if (options_.unregistered && !options_.hide_calibration) {
      camera["color_from_depth"] = row_major(inverse(view.color.world_from_camera) * view.depth.world_from_camera);
    }
    json["cameras"].push_back(camera);
  }
  for (size_t i = 0; i < views_.size(); ++i) {
    const std::string id = frame_id(i);
    json["frames"].push_back({{"id", id},
                              {"camera", views_[i].camera},
                              {"time_s", views_[i].time_s},
                              {"world_from_camera", row_major(pose_to_tell(i))},
                              {"color", "color/" + id + ".png"},
                              {"depth", "depth/" + id + ".png"},
                              {"ids", "ids/" + id + ".png"}});
  }
  write_file(temporary_ / "things.json", Json{{"things", things}}.dump(1) + "\n");
  write_file(temporary_ / "capture.json", json.dump(1) + "\n");
  replace_folder(temporary_, target_, fs::path(temporary_.string() + ".old"));
}

}  // namespace diorama
