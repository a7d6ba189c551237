#include "tools/cli/view_choice.h"

#include "engine/base/error.h"
#include "tools/cli/camera_path.h"
#include "tools/cli/option_flags.h"
#include "tools/eval/evaluate.h"

#include <algorithm>

namespace diorama {
namespace {

std::vector<Camera> capture_cameras(const ViewChoice& choice, const Asset& asset) {
  const size_t hash = choice.camera.rfind('#');
  const bool path = choice.camera.empty();
  if (!path && hash == std::string::npos) {
    fail(ErrorCode::kInvalidInput, "--camera is '{}', expected CAPTURE#FRAME, as room#000012", choice.camera);
  }
  const Capture capture =
      open_capture(path ? choice.trajectory : choice.camera.substr(0, hash), choice.capture_options);
  std::vector<Camera> cameras;
  if (path) {
    for (const Frame& frame : capture.frames()) cameras.push_back(scored_color_camera(asset, capture, frame));
  } else {
    const Frame& frame = capture.frames()[find_frame(capture, choice.camera.substr(hash + 1))];
    cameras.push_back(scored_color_camera(asset, capture, frame));
  }
  const glm::ivec2 size = choice.size.empty() ? cameras.front().size_px : parse_size(choice.size);
  for (Camera& camera : cameras) camera = fitted(camera, size);
  return cameras;
}

}  // namespace

void add_view_flags(CLI::App& app, ViewChoice& choice) {
  auto* view = app.add_option_group("View");
  view->add_option("--camera", choice.camera, "as a frame of a capture was taken: CAPTURE#FRAME (its id or number)");
  view->add_option("--orbit", choice.orbit, "this many views on a circle around the asset")
      ->check(CLI::Range(1, 100000));
  view->add_option("--trajectory", choice.trajectory, "along the cameras of a capture");
  view->require_option(0, 1);
  const std::string default_size =
      choice.size.empty() ? "default: the capture's, or 1280x720" : "default: " + choice.size;
  app.add_option("--size", choice.size, "WIDTHxHEIGHT; " + default_size);
  add_options(app, choice.capture_options, "Reading the capture");
}

std::vector<Camera> chosen_cameras(const ViewChoice& choice, const Asset& asset) {
  if (!choice.camera.empty() || !choice.trajectory.empty()) return capture_cameras(choice, asset);
  const glm::ivec2 size = choice.size.empty() ? kDefaultSize : parse_size(choice.size);
  return orbit_cameras(view_bounds(asset), best_turn(asset), std::max(choice.orbit, 1), size);
}

}  // namespace diorama
