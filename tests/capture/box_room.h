#pragma once

#include "capture/capture.h"

#include <glm/glm.hpp>
#include <glm/gtc/matrix_transform.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace diorama {

// A room of 4 x 3 x 5 m with three crates in it, made of axis-aligned boxes: exact depth by ray against slabs.
class BoxRoom {
 public:
  ImageF32 depth_m(const Camera& camera) const {
    ImageF32 depth(camera.size_px);
    for (int y = 0; y < camera.size_px.y; ++y) {
      for (int x = 0; x < camera.size_px.x; ++x) {
        const glm::vec2 pixel(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
        const glm::vec3 ray = camera.world_from_camera.rotation * unproject_in_camera(camera, pixel, 1.0f);
        depth.at(x, y) = distance(camera.world_from_camera.translation, ray);
      }
    }
    return depth;
  }

 private:
  struct Box {
    glm::vec3 low, high;
  };

  // In lengths of `ray`; its z in the camera is 1, so that this is planar depth.
  static float distance(glm::vec3 origin, glm::vec3 ray) {
    const Box room{{-2, -1.5f, -2.5f}, {2, 1.5f, 2.5f}};
    const std::array<Box, 3> crates{Box{{-1.9f, 0.3f, 0.9f}, {-0.9f, 1.5f, 2.0f}},
                                    Box{{0.2f, 0.8f, 1.2f}, {1.0f, 1.5f, 2.2f}},
                                    Box{{1.1f, -0.2f, -1.5f}, {1.9f, 1.5f, -0.6f}}};
    float nearest = slabs(room, origin, ray).y;
    for (const Box& crate : crates) {
      const glm::vec2 hit = slabs(crate, origin, ray);
      if (hit.x > 0 && hit.x <= hit.y) nearest = std::min(nearest, hit.x);
    }
    return nearest;
  }

  // Where the ray enters and leaves.
  static glm::vec2 slabs(const Box& box, glm::vec3 origin, glm::vec3 ray) {
    const glm::vec3 a = (box.low - origin) / ray, b = (box.high - origin) / ray;
    const glm::vec3 enter = glm::min(a, b), leave = glm::max(a, b);
    return {std::max({enter.x, enter.y, enter.z}), std::min({leave.x, leave.y, leave.z})};
  }
};

// A hand-held walk through the room.
inline std::vector<Camera> walk_through_room(size_t count, glm::ivec2 size_px = {80, 60}) {
  std::vector<Camera> cameras;
  for (size_t i = 0; i < count; ++i) {
    const float t = 0.09f * static_cast<float>(i);
    const glm::vec3 position(0.6f * std::sin(t), -0.2f + 0.15f * std::sin(1.7f * t), -1.2f + 0.5f * std::cos(0.8f * t));
    const glm::vec3 target(1.2f * std::sin(0.7f * t), 0.4f, 2.0f);
    const glm::vec3 forward = glm::normalize(target - position);
    const glm::vec3 right = glm::normalize(glm::cross(glm::vec3(0.1f * std::sin(t), 1, 0), forward));
    Camera camera;
    camera.size_px = size_px;
    camera.focal_px = glm::vec2(0.9f * static_cast<float>(size_px.x));
    camera.center_px = 0.5f * glm::vec2(size_px) + glm::vec2(1.3f, -0.7f);
    camera.world_from_camera = {glm::mat3(right, glm::cross(forward, right), forward), position};
    cameras.push_back(camera);
  }
  return cameras;
}

// Depth of the room as the true cameras see it, times a factor.
class BoxRoomSource final : public FrameSource {
 public:
  BoxRoomSource(std::vector<Camera> true_cameras, float depth_factor)
      : cameras_(std::move(true_cameras)), depth_factor_(depth_factor) {}

  FrameImages load(size_t frame, FrameParts parts) const override {
    FrameImages images;
    if (!parts.depth) return images;
    auto depth_m = std::make_shared<ImageF32>(BoxRoom().depth_m(cameras_[frame]));
    for (float& depth : depth_m->pixels()) depth *= depth_factor_;
    images.depth_m = std::move(depth_m);
    return images;
  }

 private:
  std::vector<Camera> cameras_;
  float depth_factor_;
};

// A capture of the room whose declared poses are `declared` and whose depth is off by a factor.
inline Capture room_capture(const std::vector<Camera>& true_cameras, const std::vector<Camera>& declared,
                            float depth_factor = 1, const CaptureConventions& conventions = {}) {
  CaptureContent content;
  content.name = "room";
  content.conventions = conventions;
  for (size_t i = 0; i < declared.size(); ++i) {
    Frame frame;
    frame.id = std::to_string(i);
    frame.color = declared[i];
    frame.depth = declared[i];
    frame.time_s = static_cast<double>(i) / 10;
    frame.split = i % 8 == 0 ? Split::kTest : Split::kTrain;
    content.frames.push_back(frame);
  }
  content.source = std::make_unique<BoxRoomSource>(true_cameras, depth_factor);
  return Capture(std::move(content), {});
}

}  // namespace diorama
