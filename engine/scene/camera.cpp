#include "engine/scene/camera.h"

#include "engine/base/error.h"

#include <cmath>

namespace diorama {

std::optional<glm::vec2> project(const Camera& camera, glm::vec3 p_in_world) {
  const glm::vec3 p_in_camera = inverse(camera.world_from_camera) * p_in_world;
  if (!(p_in_camera.z > 0)) return std::nullopt;
  return project_in_camera(camera, p_in_camera);
}

Rigid look_at(glm::vec3 eye, glm::vec3 target, glm::vec3 up) {
  const glm::vec3 forward = glm::normalize(target - eye);
  glm::vec3 right = glm::cross(forward, up);
  if (!(glm::length(right) > 1e-6f)) {
    right = glm::cross(forward, std::abs(forward.x) < 0.9f ? glm::vec3(1, 0, 0) : glm::vec3(0, 1, 0));
  }
  right = glm::normalize(right);
  return {glm::mat3(right, glm::cross(forward, right), forward), eye};
}

Camera resized(const Camera& camera, glm::ivec2 size_px) {
  const glm::vec2 ratio = glm::vec2(size_px) / glm::vec2(camera.size_px);
  return {size_px, camera.focal_px * ratio, camera.center_px * ratio, camera.world_from_camera};
}

void check_camera(const Camera& camera) {
  constexpr int kMaxSize = 32768;
  const auto size_ok = [](int size) { return size >= 1 && size <= kMaxSize; };
  if (!size_ok(camera.size_px.x) || !size_ok(camera.size_px.y)) {
    fail(ErrorCode::kInvalidInput, "the image size is {}x{}, expected 1 to {} a side", camera.size_px.x,
         camera.size_px.y, kMaxSize);
  }
  const auto focal_ok = [](float focal) { return focal > 0 && std::isfinite(focal); };
  if (!focal_ok(camera.focal_px.x) || !focal_ok(camera.focal_px.y)) {
    fail(ErrorCode::kInvalidInput, "the focal length is {} {} px, expected positive numbers", camera.focal_px.x,
         camera.focal_px.y);
  }
  if (!std::isfinite(camera.center_px.x) || !std::isfinite(camera.center_px.y)) {
    fail(ErrorCode::kInvalidInput, "the principal point is {} {} px, expected finite numbers", camera.center_px.x,
         camera.center_px.y);
  }
}

}  // namespace diorama
