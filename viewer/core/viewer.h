#pragma once

#include "engine/base/options.h"
#include "viewer/core/asset_loader.h"
#include "viewer/core/orbit_camera.h"
#include "viewer/core/panels.h"
#include "viewer/core/transport.h"
#include "viewer/scene/vulkan_scene.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace diorama {

struct ViewerOptions {
  int background = 0;
  double time_s = -1;
  bool panels = true;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("background", background, {"grey", "black", "white"}, "where the asset leaves the picture empty");
    option("time", time_s, {-1, 1e6}, "stop a splat video at this many seconds; -1: play it");
    option("panels", panels, "show the panels");
  }
};

enum class ViewerKey {
  kForward,
  kBack,
  kLeft,
  kRight,
  kUp,
  kDown,
  kFast,
  kPlay,
  kStepBack,
  kStepOn,
  kLoop,
  kHome,
  kBackground,
  kPanels,
  kHelp,
  kOpen,
  kEnter,
  kEscape
};

// The viewer without a window and a loop of its own. A program gives it a device, calls frame() between
// ImGui::NewFrame() and ImGui::Render(), and shows the picture with ImGui's over it. The pointer is what ImGui was
// told.
class Viewer {
 public:
  // `pool` must stay. `wake`: a frame is wanted, though nobody touched anything; called from any thread.
  Viewer(const ViewerOptions& options, ThreadPool& pool, std::function<void()> wake);

  void on_start(GpuDevice& device);  // again after on_suspend(), too
  void on_suspend();                 // the device goes; what is open stays
  void on_key(ViewerKey key, bool down);
  void open(const std::filesystem::path& path);

  // Null: there is nothing to show yet. What is returned lives until the next call, in the layout for copies.
  const GpuImage* frame(double dt_s, glm::ivec2 size_px);

  // When another frame is wanted though nobody touches anything: 0 while something moves. Nothing: not by itself.
  std::optional<double> next_change_s() const;
  // All that was asked for is on the screen, or could not be read.
  bool is_settled() const { return !loader_.is_busy(); }
  const std::string& failure() const { return failure_; }  // of what was opened last; empty: none

 private:
  void take_loaded(glm::ivec2 size_px);
  void make_scene();
  void look_home(glm::ivec2 size_px);
  void move_camera(double dt_s, glm::ivec2 size_px);
  void pick_pivot(glm::vec2 at_px, glm::ivec2 size_px);
  void show_time();
  void press(ViewerKey key);
  RasterOptions raster_options() const;
  void fill_panels(double dt_s);

  ViewerOptions options_;
  ThreadPool& pool_;
  GpuDevice* device_ = nullptr;
  std::optional<LoadedAsset> open_;
  std::unique_ptr<VulkanScene> scene_;
  std::optional<size_t> shown_frame_;  // of the performance
  OrbitCamera camera_;
  Transport transport_;
  Panels panels_;
  std::set<ViewerKey> down_;
  std::string failure_;
  bool wants_home_ = false;
  int frames_shown_ = 0;  // of the scene
  AssetLoader loader_;    // goes first
};

}  // namespace diorama
