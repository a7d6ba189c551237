#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/scene/camera.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace diorama {

// From where an asset is drawn, as the command line says it.
struct ViewChoice {
  std::string camera, trajectory;  // at most one of these and of `orbit`
  std::string size;                // empty: the capture's, or kDefaultSize
  int orbit = 0;
  CaptureOptions capture_options;
};

inline constexpr glm::ivec2 kDefaultSize{1280, 720};

void add_view_flags(CLI::App& app, ViewChoice& choice);

struct ChosenView {
  Camera camera;
  std::optional<double> taken_at_s;  // of a capture's frame that has a time
};

// At least one, all of one size; without a choice: one from outside. Errors are those of the capture and of the
// options.
std::vector<ChosenView> chosen_views(const ViewChoice& choice, const Asset& asset);
std::vector<Camera> chosen_cameras(const ViewChoice& choice, const Asset& asset);

}  // namespace diorama
