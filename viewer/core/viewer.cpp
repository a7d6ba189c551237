#include "viewer/core/viewer.h"

#include "engine/base/error.h"
#include "engine/gpu/vulkan_result.h"
#include "viewer/scene/outside_view.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace diorama {
namespace {

constexpr int kMeanFrames = 20;  // that the shown time of a frame is a running mean of
constexpr int kFramesInFlight = 2;
constexpr float kFlySpeed = 0.7f;  // distances to the pivot a second

glm::vec2 vec_of(ImVec2 v) {
  return {v.x, v.y};
}

std::string details_of(const LoadedAsset& loaded) {
  std::string details = loaded.asset.record ? loaded.asset.record->representation : std::string();
  if (loaded.performance) {
    const SplatSequence& sequence = loaded.performance->sequence();
    details = fmt::format("{}{} frames in {} groups", details.empty() ? "" : details + ", ", sequence.frame_count(),
                          sequence.groups.size());
  }
  return fmt::format("{}{}read in {:.2f} s", details, details.empty() ? "" : ", ", loaded.seconds);
}

}  // namespace

Viewer::Viewer(const ViewerOptions& options, ThreadPool& pool, std::function<void()> wake)
    : options_(options), pool_(pool), loader_(pool, std::move(wake)) {
  panels_.shown = options.panels;
}

void Viewer::on_start(GpuDevice& device) {
  device_ = &device;
  panels_.device = device.info().name;
  if (open_) make_scene();
}

void Viewer::on_suspend() {
  scene_.reset();
  device_ = nullptr;
}

void Viewer::on_key(ViewerKey key, bool down) {
  const bool pressed = down && down_.insert(key).second;
  if (!down) down_.erase(key);
  if (pressed) press(key);
}

void Viewer::press(ViewerKey key) {
  switch (key) {
    case ViewerKey::kPlay:
      return transport_.set_playing(!transport_.is_playing());
    case ViewerKey::kStepBack:
      return transport_.step(-1);
    case ViewerKey::kStepOn:
      return transport_.step(1);
    case ViewerKey::kLoop:
      return transport_.set_looping(!transport_.is_looping());
    case ViewerKey::kHome:
      wants_home_ = true;
      return;
    case ViewerKey::kBackground:
      options_.background = (options_.background + 1) % 3;
      return;
    case ViewerKey::kPanels:
      panels_.shown = !panels_.shown;
      return;
    case ViewerKey::kHelp:
      panels_.help = !panels_.help;
      return;
    case ViewerKey::kOpen:
      panels_.asks_path = true;
      return;
    case ViewerKey::kEnter:
      panels_.wants_open = std::exchange(panels_.asks_path, false) && !panels_.path.empty();
      return;
    case ViewerKey::kEscape:
      panels_.help = panels_.asks_path = false;
      return;
    default:
      return;  // held while the camera flies
  }
}

void Viewer::open(const std::filesystem::path& path) {
  panels_.loading = path.filename().string();
  loader_.open(path);
}

void Viewer::make_scene() {
  scene_.reset();
  shown_frame_.reset();
  frames_shown_ = 0;
  panels_.frame_ms = 0;
  if (device_ != nullptr) scene_ = std::make_unique<VulkanScene>(*device_, open_->asset);
}

void Viewer::take_loaded(glm::ivec2 size_px) {
  std::optional<LoadedAsset> loaded = loader_.take();
  if (!loaded) return;
  panels_.loading.clear();
  failure_ = loaded->failure;
  if (!failure_.empty()) return panels_.tell(failure_);
  std::optional<LoadedAsset> before = std::exchange(open_, std::move(loaded));
  try {
    make_scene();
  } catch (const DeviceLost&) {
    throw;
  } catch (const Error& error) {
    failure_ = fmt::format("{}: {}", open_->path.string(), error.what());
    panels_.tell(failure_);
    open_ = std::move(before);
    if (open_) make_scene();
    return;
  }
  panels_.title = open_->path.filename().string();
  panels_.details = details_of(*open_);
  for (const std::string& note : open_->asset.notes) panels_.tell(note);
  transport_.set_times(open_->performance ? open_->performance->sequence().times_s : std::vector<double>());
  if (options_.time_s >= 0) {
    transport_.set_playing(false);
    transport_.seek(options_.time_s);
  }
  look_home(size_px);
}

void Viewer::look_home(glm::ivec2 size_px) {
  camera_.look_from_outside(view_bounds(open_->asset), best_turn(open_->asset), size_px);
}

RasterOptions Viewer::raster_options() const {
  constexpr float kLevels[] = {0.25f, 0.0f, 1.0f};
  return {.background = glm::vec3(kLevels[options_.background])};
}

void Viewer::move_camera(double dt_s, glm::ivec2 size_px) {
  const ImGuiIO& io = ImGui::GetIO();
  const auto height = static_cast<float>(size_px.y);
  if (!io.WantCaptureMouse) {
    const glm::vec2 moved = vec_of(io.MouseDelta);
    if (io.MouseDown[1] || io.MouseDown[2] || (io.MouseDown[0] && io.KeyShift)) {
      camera_.pan(moved, height);
    } else if (io.MouseDown[0] && io.KeyCtrl) {
      camera_.look_around(moved, height);
    } else if (io.MouseDown[0]) {
      camera_.orbit(moved, height);
    }
    if (io.MouseWheel != 0) camera_.zoom(io.MouseWheel);
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) pick_pivot(vec_of(io.MousePos), size_px);
  }
  const auto held = [&](ViewerKey key) { return down_.contains(key) ? 1.0f : 0.0f; };
  const glm::vec3 along(held(ViewerKey::kRight) - held(ViewerKey::kLeft), held(ViewerKey::kUp) - held(ViewerKey::kDown),
                        held(ViewerKey::kForward) - held(ViewerKey::kBack));
  if (along == glm::vec3(0)) return;
  const float speed = kFlySpeed * camera_.distance_m() * (1 + 3 * held(ViewerKey::kFast));
  camera_.fly(speed * static_cast<float>(std::min(dt_s, 0.1)) * along);
}

// The surface under the pointer, a few pixels around: edges have gaps.
void Viewer::pick_pivot(glm::vec2 at_px, glm::ivec2 size_px) {
  constexpr int kAround_px = 4;
  const Camera camera = camera_.camera(size_px);
  const RasterResult picture = scene_->draw(camera, raster_options(), true);
  float nearest = 0;
  const glm::ivec2 at(at_px);
  for (int y = std::max(at.y - kAround_px, 0); y <= std::min(at.y + kAround_px, size_px.y - 1); ++y) {
    for (int x = std::max(at.x - kAround_px, 0); x <= std::min(at.x + kAround_px, size_px.x - 1); ++x) {
      const float depth = picture.depth_m.at(x, y);
      if (depth > 0 && (nearest == 0 || depth < nearest)) nearest = depth;
    }
  }
  if (nearest > 0) camera_.set_pivot(camera.world_from_camera * unproject_in_camera(camera, at_px, nearest));
}

void Viewer::show_time() {
  if (!open_->performance || shown_frame_ == transport_.frame()) return;
  shown_frame_ = transport_.frame();
  scene_->show(*open_->performance, *shown_frame_, {}, pool_);
}

void Viewer::fill_panels(double dt_s) {
  // The first frames of a scene are begun before any was waited for.
  if (dt_s > 0 && ++frames_shown_ > kFramesInFlight) {
    const double weight = 1.0 / std::min(frames_shown_ - kFramesInFlight, kMeanFrames);
    panels_.frame_ms += weight * (1e3 * dt_s - panels_.frame_ms);
  }
  if (panels_.message_left_s() <= 0) panels_.message.clear();
  if (!scene_) return;
  const SceneStats stats = scene_->stats();
  panels_.splats = stats.splats;
  panels_.splats_visible = stats.splats_visible;
  panels_.triangles = stats.triangles;
  panels_.passes = stats.passes;
  panels_.memory_bytes = device_->memory().stats().used_bytes;
}

const GpuImage* Viewer::frame(double dt_s, glm::ivec2 size_px) {
  take_loaded(size_px);
  const GpuImage* picture = nullptr;
  if (scene_) {
    if (std::exchange(wants_home_, false)) look_home(size_px);
    move_camera(dt_s, size_px);
    transport_.advance(dt_s);
    try {
      show_time();
    } catch (const DeviceLost&) {
      throw;
    } catch (const Error& error) {  // a damaged frame: the one before stays
      transport_.set_playing(false);
      panels_.tell(error.what());
    }
    picture = &scene_->draw_live(camera_.camera(size_px), raster_options());
  }
  fill_panels(dt_s);
  draw_panels(panels_, transport_);
  if (std::exchange(panels_.wants_open, false)) open(panels_.path);
  return picture;
}

std::optional<double> Viewer::next_change_s() const {
  constexpr ViewerKey kFlying[] = {ViewerKey::kForward, ViewerKey::kBack, ViewerKey::kLeft,
                                   ViewerKey::kRight,   ViewerKey::kUp,   ViewerKey::kDown};
  const bool flies = std::ranges::any_of(kFlying, [&](ViewerKey key) { return down_.contains(key); });
  if (transport_.is_playing() || flies) return 0;
  if (panels_.message.empty()) return std::nullopt;
  return panels_.message_left_s();
}

}  // namespace diorama
