#pragma once

#include "capture/capture.h"
#include "tests/reconstruction/ray_scenes.h"

#include <functional>
#include <string>
#include <vector>

namespace diorama::test {

// Spoils or adds to what a frame's images are.
using ChangeImages = std::function<void(size_t frame, FrameImages& images)>;

// Frames rendered on demand from a scene, as a capture.
class RaySource : public FrameSource {
 public:
  RaySource(RayScene scene, ColorScene colors, std::vector<Frame> frames, ChangeImages change = {})
      : scene_(std::move(scene)), colors_(std::move(colors)), frames_(std::move(frames)), change_(std::move(change)) {}

  FrameImages load(size_t frame, FrameParts parts) const override {
    const Frame& info = frames_[frame];
    FrameImages images;
    if (parts.depth && info.depth) {
      images.depth_m = std::make_shared<const ImageF32>(render_depth(scene_, *info.depth));
    }
    if (parts.color && info.has_color) {
      images.color = std::make_shared<const ImageRgba8>(render_color(scene_, colors_, info.color));
    }
    if (change_) change_(frame, images);
    return images;
  }

 private:
  RayScene scene_;
  ColorScene colors_;
  std::vector<Frame> frames_;
  ChangeImages change_;
};

inline Capture memory_capture(const RayScene& scene, const ColorScene& colors, const std::vector<Camera>& cameras,
                              const std::function<void(CaptureContent&)>& change = {},
                              ChangeImages change_images = {}) {
  CaptureContent content;
  content.name = "scene";
  content.conventions.format = "synth";
  for (size_t i = 0; i < cameras.size(); ++i) {
    content.frames.push_back({.id = std::to_string(i), .color = cameras[i], .depth = cameras[i]});
  }
  if (change) change(content);
  content.source = std::make_unique<RaySource>(scene, colors, content.frames, std::move(change_images));
  return Capture(std::move(content), {});
}

}  // namespace diorama::test
