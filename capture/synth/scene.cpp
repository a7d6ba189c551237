#include "capture/synth/scene.h"

#include "capture/synth/figure.h"
#include "capture/synth/light.h"
#include "capture/synth/path.h"
#include "capture/synth/room.h"
#include "capture/synth/scene_impl.h"
#include "capture/synth/stage.h"

#include <glm/gtc/matrix_transform.hpp>

namespace diorama {
namespace {

constexpr float kFar = 1000.0f;
constexpr double kPerformanceFps = 30.0;
constexpr int kRoomFrames = 60, kPerformanceFrames = 30;

// The bend of a webcam's lens: 5 % at the corners, its centre a little off.
constexpr LensDistortion kWebcamLens{-0.12, 0.05, 0, 0.001, -0.0008};

// A colour camera beside the depth camera, as on sensors that are not registered in hardware.
Rigid color_from_depth() {
  glm::mat4 turn(1.0f);
  turn = glm::rotate(turn, glm::radians(0.7f), glm::vec3(1, 0, 0));
  turn = glm::rotate(turn, glm::radians(-1.1f), glm::vec3(0, 1, 0));
  turn = glm::rotate(turn, glm::radians(0.5f), glm::vec3(0, 0, 1));
  return {glm::mat3(turn), {-0.0205f, 0.0018f, 0.0031f}};
}

Camera camera_for(const SynthOptions& options, float focal_per_width) {
  Camera camera;
  camera.size_px = {options.width, options.height};
  camera.focal_px = glm::vec2(focal_per_width * static_cast<float>(options.width));
  camera.center_px = 0.5f * glm::vec2(camera.size_px);
  return camera;
}

SynthView view_of(const Camera& depth, const SynthOptions& options) {
  SynthView view{depth, depth};
  if (options.unregistered) {
    view.color.focal_px = depth.focal_px * glm::vec2(1.052f, 1.055f);
    view.color.center_px = depth.center_px * glm::vec2(1.019f, 0.983f);
    view.color.world_from_camera = depth.world_from_camera * inverse(color_from_depth());
    const double bend = options.lens_distortion;
    view.color_lens = {bend * kWebcamLens.k1, bend * kWebcamLens.k2, 0, bend * kWebcamLens.p1, bend * kWebcamLens.p2};
  }
  return view;
}

}  // namespace

SynthScene::SynthScene(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SynthScene::~SynthScene() = default;
SynthScene::SynthScene(SynthScene&&) noexcept = default;

SynthScene SynthScene::room() {
  return SynthScene(std::make_unique<Impl>(make_room()));
}

SynthScene SynthScene::performance(double time_s, bool cutout) {
  return SynthScene(std::make_unique<Impl>(make_performance(SynthFigure(), time_s, cutout)));
}

std::optional<SynthHit> SynthScene::trace(const SynthRay& ray) const {
  const SynthBvhHit hit = impl_->bvh.closest(ray.origin, ray.direction, kFar / glm::length(ray.direction));
  if (!hit) return std::nullopt;
  const SynthSurfacePoint point = surface_point(impl_->geometry, hit, ray.origin, ray.direction);
  return SynthHit{hit.t, point.position, point.face_normal, impl_->geometry.patches[point.patch].thing};
}

float SynthScene::distance_to_surface(glm::vec3 p_in_world) const {
  return impl_->bvh.distance(p_in_world);
}

const std::vector<std::string>& SynthScene::things() const {
  return impl_->geometry.things;
}

size_t SynthScene::triangle_count() const {
  return impl_->geometry.triangles.size();
}

std::vector<SynthView> synth_room_views(const SynthOptions& options) {
  const int frames = options.frames > 0 ? options.frames : kRoomFrames;
  Camera camera = camera_for(options, 0.866f);  // 60 degrees across
  std::vector<SynthView> views;
  for (int i = 0; i < frames; ++i) {
    const double time_s = kRoomLoopS * i / frames;
    camera.world_from_camera = room_pose(time_s);
    views.push_back(view_of(camera, options));
    views.back().time_s = time_s;
  }
  return views;
}

std::vector<SynthView> synth_performance_views(const SynthOptions& options) {
  const int frames = options.frames > 0 ? options.frames : kPerformanceFrames;
  Camera camera = camera_for(options, 0.95f);
  std::vector<SynthView> views;
  for (int index = 0; index < options.cameras; ++index) {
    camera.world_from_camera = ring_pose(index, options.cameras);
    for (int i = 0; i < frames; ++i) {
      views.push_back(view_of(camera, options));
      views.back().time_s = i / kPerformanceFps;
      views.back().camera = index;
    }
  }
  return views;
}

}  // namespace diorama
