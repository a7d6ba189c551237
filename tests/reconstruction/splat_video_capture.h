#pragma once

#include "reconstruction/splat_video/splat_video_options.h"
#include "tests/reconstruction/memory_capture.h"

#include <cmath>
#include <functional>

namespace diorama::test {

// A scene at each of a rig's moments; nothing: the moment is empty.
struct Performance {
  std::function<RayScene(double time_s)> scene;
  std::function<glm::u8vec3(glm::vec3 point, double time_s)> paint;
  std::vector<Camera> cameras;
  int moments = 4;
  double fps = 30;
  bool alpha = true;                            // where the scene is missed
  std::function<void(CaptureContent&)> change;  // of frames: times, splits
  std::function<void(const Frame&, FrameImages&)> change_images;
};

// Renders frames when asked for; frame k is camera k % n at moment k / n.
class PerformanceSource : public FrameSource {
 public:
  PerformanceSource(Performance performance, std::vector<Frame> frames)
      : performance_(std::move(performance)), frames_(std::move(frames)) {}

  FrameImages load(size_t index, FrameParts) const override {
    const Frame& frame = frames_[index];
    const double time_s = frame.time_s.value_or(0);
    const RayScene scene = performance_.scene(time_s);
    FrameImages images;
    if (frame.depth) images.depth_m = std::make_shared<const ImageF32>(render_depth(scene, *frame.depth));
    ImageRgba8 color = render_color(
        scene, [&](glm::vec3 p) { return performance_.paint(p, time_s); }, frame.color);
    for (int y = 0; y < color.height() && performance_.alpha; ++y) {
      for (int x = 0; x < color.width(); ++x) {
        if (scene(frame.color.world_from_camera.translation, ray_of(frame.color, x, y)) == kMiss) {
          color.at(x, y) = glm::u8vec4(0);
        }
      }
    }
    images.color = std::make_shared<const ImageRgba8>(std::move(color));
    if (performance_.change_images) performance_.change_images(frame, images);
    return images;
  }

 private:
  Performance performance_;
  std::vector<Frame> frames_;
};

inline Capture capture_of(const Performance& performance) {
  CaptureContent content;
  content.name = "performance";
  content.conventions.format = "rig";
  for (int moment = 0; moment < performance.moments; ++moment) {
    for (size_t c = 0; c < performance.cameras.size(); ++c) {
      content.frames.push_back({.id = fmt::format("cam{}/{:04}", c, moment),
                                .color = performance.cameras[c],
                                .depth = performance.cameras[c],
                                .time_s = moment / performance.fps,
                                .camera = static_cast<int>(c),
                                .has_alpha = performance.alpha});
    }
  }
  if (performance.change) performance.change(content);
  content.source = std::make_unique<PerformanceSource>(performance, content.frames);
  return Capture(std::move(content), {});
}

// A chequered ball of 0.3 m that rolls along x, 60 mm a moment at 30 Hz, in front of nothing.
inline Performance rolling_ball() {
  constexpr float kSpeed_m_per_s = 1.8f, kRadius_m = 0.3f;
  const auto center = [](double time_s) { return glm::vec3(kSpeed_m_per_s * static_cast<float>(time_s) - 0.1f, 0, 0); };
  Performance performance;
  performance.scene = [=](double time_s) { return sphere(center(time_s), kRadius_m); };
  performance.paint = [=](glm::vec3 p, double time_s) {
    const float turn = kSpeed_m_per_s / kRadius_m * static_cast<float>(time_s);  // about z, against x: it rolls
    const glm::vec3 d = p - center(time_s);
    const glm::vec3 own(std::cos(turn) * d.x - std::sin(turn) * d.y, std::sin(turn) * d.x + std::cos(turn) * d.y, d.z);
    const bool check = (static_cast<int>(std::floor(own.x * 4)) + static_cast<int>(std::floor(own.y * 4)) +
                        static_cast<int>(std::floor(own.z * 4))) %
                           2 ==
                       0;
    return check ? glm::u8vec3(220, 120, 30) : glm::u8vec3(30, 60, 220);
  };
  performance.cameras = cameras_around({0, 0, 0}, 1.4f, 7);
  for (Camera& camera : performance.cameras) camera = resized(camera, {80, 60});
  return performance;
}

// A fit of `max_splats` that takes half a second.
inline SplatVideoOptions quick_video(int max_splats, int key_steps) {
  SplatVideoOptions options;
  options.max_splats = max_splats;
  options.key_steps = key_steps;
  options.motion_steps = options.frame_steps = 10;
  options.group_drop_db = 6;
  options.nodes = 40;
  options.surface_points = 600;
  options.voxel_m = 0.03f;
  return options;
}

}  // namespace diorama::test
