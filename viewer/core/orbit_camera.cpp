#include "viewer/core/orbit_camera.h"

#include "assets/asset.h"
#include "viewer/scene/outside_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kHalfFieldOfView = 22.5f * kPi / 180;  // of the shorter side, as a view from outside has it
constexpr float kMostHeight = 0.499f * kPi;
constexpr float kLeastDistance_m = 1e-3f, kMostDistance_m = 1e5f;

float focal_of(float shorter_side_px) {
  return 0.5f * shorter_side_px / std::tan(kHalfFieldOfView);
}

}  // namespace

glm::vec3 OrbitCamera::forward() const {
  return -glm::vec3(std::sin(turn_) * std::cos(height_), std::sin(height_), std::cos(turn_) * std::cos(height_));
}

void OrbitCamera::look_from_outside(const Bounds& bounds, float turn, glm::ivec2 size_px) {
  const Camera outside = orbit_cameras(bounds, turn, 1, size_px).front();
  const glm::vec3 middle = 0.5f * (bounds.min + bounds.max);
  look_as(outside, glm::distance(outside.world_from_camera.translation, middle));
}

void OrbitCamera::look_as(const Camera& camera, float pivot_distance_m) {
  const glm::vec3 ahead = camera.world_from_camera.rotation[2];
  distance_m_ = std::clamp(pivot_distance_m, kLeastDistance_m, kMostDistance_m);
  pivot_ = camera.world_from_camera.translation + distance_m_ * ahead;
  height_ = std::clamp(std::asin(std::clamp(-ahead.y, -1.0f, 1.0f)), -kMostHeight, kMostHeight);
  turn_ = std::atan2(-ahead.x, -ahead.z);
}

void OrbitCamera::orbit(glm::vec2 moved_px, float height_px) {
  const glm::vec2 angle = moved_px / height_px * kPi;
  turn_ = std::remainder(turn_ - angle.x, 2 * kPi);
  height_ = std::clamp(height_ + angle.y, -kMostHeight, kMostHeight);
}

void OrbitCamera::pan(glm::vec2 moved_px, float height_px) {
  const glm::mat3 axes = camera({100, 100}).world_from_camera.rotation;
  const glm::vec2 moved_m = moved_px * distance_m_ / focal_of(height_px);
  pivot_ -= axes[0] * moved_m.x + axes[1] * moved_m.y;
}

void OrbitCamera::zoom(float steps) {
  distance_m_ = std::clamp(distance_m_ * std::pow(0.9f, steps), kLeastDistance_m, kMostDistance_m);
}

void OrbitCamera::fly(glm::vec3 moved_m) {
  const glm::mat3 axes = camera({100, 100}).world_from_camera.rotation;
  pivot_ += axes[0] * moved_m.x - axes[1] * moved_m.y + axes[2] * moved_m.z;
}

void OrbitCamera::look_around(glm::vec2 moved_px, float height_px) {
  const glm::vec3 eye = pivot_ - distance_m_ * forward();
  orbit(-0.5f * moved_px, height_px);
  pivot_ = eye + distance_m_ * forward();
}

void OrbitCamera::set_pivot(glm::vec3 pivot) {
  const glm::vec3 eye = pivot_ - distance_m_ * forward();
  if (!(glm::distance(pivot, eye) > kLeastDistance_m)) return;
  look_as({.world_from_camera = look_at(eye, pivot, {0, 1, 0})}, glm::distance(pivot, eye));
}

Camera OrbitCamera::camera(glm::ivec2 size_px) const {
  const auto shorter = static_cast<float>(std::min(size_px.x, size_px.y));
  return {size_px, glm::vec2(focal_of(shorter)), 0.5f * glm::vec2(size_px),
          look_at(pivot_ - distance_m_ * forward(), pivot_, {0, 1, 0})};
}

}  // namespace diorama
