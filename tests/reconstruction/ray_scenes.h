#pragma once

#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <glm/glm.hpp>

#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace diorama::test {

// Distance along the ray to the first surface (direction need not be unit: in multiples of it); infinity: none.
using RayScene = std::function<float(glm::vec3 origin, glm::vec3 direction)>;
using ColorScene = std::function<glm::u8vec3(glm::vec3 p_in_world)>;

inline constexpr float kMiss = std::numeric_limits<float>::infinity();

inline RayScene sphere(glm::vec3 center, float radius) {
  return [=](glm::vec3 origin, glm::vec3 direction) {
    const glm::dvec3 o(origin - center), d(direction);
    const double a = glm::dot(d, d), b = glm::dot(o, d), c = glm::dot(o, o) - double{radius} * radius;
    const double root = b * b - a * c;
    if (root < 0) return kMiss;
    const double t = (-b - std::sqrt(root)) / a;
    return t > 0 ? static_cast<float>(t) : kMiss;
  };
}

// The half space z >= z_m is solid.
inline RayScene wall(float z_m) {
  return [=](glm::vec3 origin, glm::vec3 direction) {
    const float t = (z_m - origin.z) / direction.z;
    return t > 0 ? t : kMiss;
  };
}

inline RayScene box(glm::vec3 low, glm::vec3 high) {
  return [=](glm::vec3 origin, glm::vec3 direction) {
    const glm::vec3 a = (low - origin) / direction, b = (high - origin) / direction;
    const glm::vec3 near = glm::min(a, b), far = glm::max(a, b);
    const float enter = std::max({near.x, near.y, near.z}), leave = std::min({far.x, far.y, far.z});
    return enter > 0 && enter <= leave ? enter : kMiss;
  };
}

inline RayScene nearest_of(std::vector<RayScene> scenes) {
  return [=](glm::vec3 origin, glm::vec3 direction) {
    float nearest = kMiss;
    for (const RayScene& scene : scenes) nearest = std::min(nearest, scene(origin, direction));
    return nearest;
  };
}

inline glm::vec3 ray_of(const Camera& camera, int x, int y) {
  return camera.world_from_camera.rotation * unproject_in_camera(camera, glm::vec2(x, y) + 0.5f, 1.0f);
}

// Planar z, exact at the pixel's centre.
inline ImageF32 render_depth(const RayScene& scene, const Camera& camera) {
  ImageF32 depth(camera.size_px);
  for (int y = 0; y < depth.height(); ++y) {
    for (int x = 0; x < depth.width(); ++x) {
      const float z = scene(camera.world_from_camera.translation, ray_of(camera, x, y));
      depth.at(x, y) = z < kMiss ? z : 0.0f;
    }
  }
  return depth;
}

inline ImageRgba8 render_color(const RayScene& scene, const ColorScene& colors, const Camera& camera) {
  ImageRgba8 image(camera.size_px, glm::u8vec4(0, 0, 0, 255));
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const glm::vec3 ray = ray_of(camera, x, y);
      const float z = scene(camera.world_from_camera.translation, ray);
      if (z < kMiss) image.at(x, y) = glm::u8vec4(colors(camera.world_from_camera.translation + ray * z), 255);
    }
  }
  return image;
}

inline Camera camera_at(glm::vec3 position, glm::vec3 target, glm::ivec2 size_px = {160, 120}, float focal_px = 140) {
  const glm::vec3 forward = glm::normalize(target - position);
  const glm::vec3 helper = std::abs(forward.y) < 0.9f ? glm::vec3(0, 1, 0) : glm::vec3(1, 0, 0);
  const glm::vec3 right = glm::normalize(glm::cross(forward, helper));
  return {size_px,
          glm::vec2(focal_px),
          glm::vec2(size_px) / 2.0f,
          {glm::mat3(right, glm::cross(forward, right), forward), position}};
}

// Cameras all around a point, evenly spread (Fibonacci lattice).
inline std::vector<Camera> cameras_around(glm::vec3 center, float distance, int count) {
  std::vector<Camera> cameras;
  for (int i = 0; i < count; ++i) {
    const float height = 1 - (2 * static_cast<float>(i) + 1) / static_cast<float>(count);
    const float angle = 2.399963f * static_cast<float>(i), ring = std::sqrt(1 - height * height);
    cameras.push_back(
        camera_at(center + distance * glm::vec3(ring * std::cos(angle), height, ring * std::sin(angle)), center));
  }
  return cameras;
}

inline void fuse(TsdfVolume& volume, const RayScene& scene, const std::vector<Camera>& cameras, ThreadPool& pool,
                 const ColorScene& colors = {}) {
  for (const Camera& camera : cameras) {
    const ImageF32 depth = render_depth(scene, camera);
    std::optional<ImageRgba8> color;
    if (colors) color = render_color(scene, colors, camera);
    volume.integrate(
        {.depth_camera = camera, .depth_m = &depth, .color_camera = camera, .color = color ? &*color : nullptr}, pool);
  }
}

}  // namespace diorama::test
