#include "capture/transforms_writer.h"

#include "capture/rig.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

const char* split_name(Split split) {
  if (split == Split::kTest) return "test";
  return split == Split::kValidation ? "val" : "train";
}

Json opengl_matrix(const Rigid& world_from_camera) {
  Json rows = Json::array();
  for (int row = 0; row < 3; ++row) {
    const glm::mat3& rotation = world_from_camera.rotation;
    // OpenGL's y and z point the other way.
    rows.push_back({rotation[0][row], -rotation[1][row], -rotation[2][row], world_from_camera.translation[row]});
  }
  rows.push_back({0.0, 0.0, 0.0, 1.0});
  return rows;
}

}  // namespace

std::string transforms_json(const Capture& capture, const std::optional<RigCalibration>& calibration) {
  Json frames = Json::array();
  for (const Frame& frame : capture.frames()) {
    const Camera camera = color_camera(frame, calibration);
    Json entry = {{"file_path", frame.id},
                  {"split", split_name(frame.split)},
                  {"fl_x", camera.focal_px.x},
                  {"fl_y", camera.focal_px.y},
                  {"cx", camera.center_px.x},
                  {"cy", camera.center_px.y},
                  {"w", camera.size_px.x},
                  {"h", camera.size_px.y},
                  {"transform_matrix", opengl_matrix(camera.world_from_camera)}};
    if (frame.time_s) entry["time"] = *frame.time_s;
    frames.push_back(std::move(entry));
  }
  return Json{{"camera_model", "PINHOLE"}, {"frames", std::move(frames)}}.dump(1) + "\n";
}

}  // namespace diorama
