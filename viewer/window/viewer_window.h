#pragma once

#include "engine/gpu/gpu_device.h"
#include "viewer/core/viewer.h"

#include <filesystem>
#include <string>

namespace diorama {

struct WindowOptions {
  glm::ivec2 size_px{1280, 720};
  std::string device;
  bool validation = false;
  std::filesystem::path screenshot;  // with a name: the window closes once this picture of it is written
};

// Opens a window and shows assets until it is closed. Error kNotFound: no display, no Vulkan driver; kUnsupported: a
// device that cannot show pictures; else, with `screenshot`, what kept the asset from being shown.
// `asset`: what to show first; empty: nothing.
void run_viewer(const std::filesystem::path& asset, const ViewerOptions& options, const WindowOptions& window,
                ThreadPool& pool, const LogSink& log);

}  // namespace diorama
