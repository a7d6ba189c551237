#include "tools/cli/view_choice.h"

#include "engine/base/error.h"
#include "tools/cli/camera_path.h"
#include "tools/cli/option_flags.h"
#include "tools/eval/evaluate.h"
#include "viewer/scene/outside_view.h"

#include <algorithm>
#include <filesystem>

namespace diorama {
namespace {

// The frames that one camera of a rig took, by its name.
std::vector<const Frame*> frames_of_camera(const Capture& capture, const std::string& name) {
  std::vector<const Frame*> frames;
  for (const Frame& frame : capture.frames()) {
    if (name.empty() || camera_name(frame) == name) frames.push_back(&frame);
  }
  if (frames.empty()) {
    fail(ErrorCode::kNotFound, "{}: has no camera '{}'; its first frame is {}", capture.name(), name,
         capture.frames().front().id);
  }
  return frames;
}

std::vector<ChosenView> capture_views(const ViewChoice& choice, const Asset& asset) {
  const bool path = choice.camera.empty();
  const std::string& text = path ? choice.trajectory : choice.camera;
  const size_t hash = text.rfind('#');
  if (!path && hash == std::string::npos) {
    fail(ErrorCode::kInvalidInput, "--camera is '{}', expected CAPTURE#FRAME, as room#000012", choice.camera);
  }
  // A folder's own name may have the sign.
  const bool whole = hash == std::string::npos || (path && std::filesystem::exists(text));
  const Capture capture = open_capture(whole ? text : text.substr(0, hash), choice.capture_options);
  const std::string wanted = whole ? std::string() : text.substr(hash + 1);
  const std::vector<const Frame*> frames =
      path ? frames_of_camera(capture, wanted) : std::vector{&capture.frames()[find_frame(capture, wanted)]};
  std::vector<ChosenView> views;
  for (const Frame* frame : frames) views.push_back({scored_color_camera(asset, capture, *frame), frame->time_s});
  const glm::ivec2 size = choice.size.empty() ? views.front().camera.size_px : parse_size(choice.size);
  for (ChosenView& view : views) view.camera = fitted(view.camera, size);
  return views;
}

}  // namespace

void add_view_flags(CLI::App& app, ViewChoice& choice) {
  auto* view = app.add_option_group("View");
  view->add_option("--camera", choice.camera, "as a frame of a capture was taken: CAPTURE#FRAME (its id or number)");
  view->add_option("--orbit", choice.orbit, "this many views on a circle around the asset")
      ->check(CLI::Range(1, 100000));
  view->add_option("--trajectory", choice.trajectory,
                   "along the cameras of a capture, or of CAPTURE#CAMERA, one camera of a rig");
  view->require_option(0, 1);
  const std::string default_size =
      choice.size.empty() ? "default: the capture's, or 1280x720" : "default: " + choice.size;
  app.add_option("--size", choice.size, "WIDTHxHEIGHT; " + default_size);
  add_options(app, choice.capture_options, "Reading the capture");
}

std::vector<ChosenView> chosen_views(const ViewChoice& choice, const Asset& asset) {
  if (!choice.camera.empty() || !choice.trajectory.empty()) return capture_views(choice, asset);
  const glm::ivec2 size = choice.size.empty() ? kDefaultSize : parse_size(choice.size);
  std::vector<ChosenView> views;
  for (const Camera& camera : orbit_cameras(view_bounds(asset), best_turn(asset), std::max(choice.orbit, 1), size)) {
    views.push_back({camera, std::nullopt});
  }
  return views;
}

std::vector<Camera> chosen_cameras(const ViewChoice& choice, const Asset& asset) {
  std::vector<Camera> cameras;
  for (const ChosenView& view : chosen_views(choice, asset)) cameras.push_back(view.camera);
  return cameras;
}

}  // namespace diorama
