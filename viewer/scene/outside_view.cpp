#include "viewer/scene/outside_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kElevation = 30.0f * std::numbers::pi_v<float> / 180.0f;
constexpr float kHalfFieldOfView = 22.5f * std::numbers::pi_v<float> / 180.0f;
constexpr float kMargin = 1.03f;
constexpr size_t kTurns = 16;

float turn_of(size_t k) {
  return 2 * std::numbers::pi_v<float> * static_cast<float>(k) / static_cast<float>(kTurns);
}

// Unit vector from the middle towards the camera.
glm::vec3 outward(float turn) {
  return {std::sin(turn) * std::cos(kElevation), std::sin(kElevation), std::cos(turn) * std::cos(kElevation)};
}

// How far from the middle of a box the camera has to be, along its view, to see all corners.
float distance_to_see(glm::vec3 half, const Camera& camera) {
  const glm::mat3 camera_from_world = glm::transpose(camera.world_from_camera.rotation);
  const glm::vec2 slope = 0.5f * glm::vec2(camera.size_px) / camera.focal_px;
  float distance = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const glm::vec3 sign((corner & 1) != 0 ? 1 : -1, (corner & 2) != 0 ? 1 : -1, (corner & 4) != 0 ? 1 : -1);
    const glm::vec3 p = camera_from_world * (half * sign);
    distance = std::max({distance, std::abs(p.x) / slope.x - p.z, std::abs(p.y) / slope.y - p.z});
  }
  return distance;
}

}  // namespace

std::vector<Camera> orbit_cameras(const Bounds& bounds, float start_turn, int count, glm::ivec2 size_px) {
  const glm::vec3 middle = 0.5f * (bounds.min + bounds.max);
  const glm::vec3 half = glm::max(0.5f * (bounds.max - bounds.min), glm::vec3(1e-3f));
  const auto shorter_side = static_cast<float>(std::min(size_px.x, size_px.y));
  std::vector<Camera> cameras(static_cast<size_t>(count));
  float distance = 0;
  for (int i = 0; i < count; ++i) {
    Camera& camera = cameras[static_cast<size_t>(i)];
    camera.size_px = size_px;
    camera.focal_px = glm::vec2(0.5f * shorter_side / std::tan(kHalfFieldOfView));
    camera.center_px = 0.5f * glm::vec2(size_px);
    const float turn = start_turn + 2 * std::numbers::pi_v<float> * static_cast<float>(i) / static_cast<float>(count);
    camera.world_from_camera = look_at(middle + outward(turn), middle, {0, 1, 0});
    distance = std::max(distance, kMargin * distance_to_see(half, camera));
  }
  for (Camera& camera : cameras) {
    camera.world_from_camera.translation = middle + distance * (camera.world_from_camera.translation - middle);
  }
  return cameras;
}

Bounds view_bounds(const Asset& asset) {
  if (splat_count(asset) == 0) return bounds_of(asset);
  Bounds bounds;
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<float> values;
    for (const SplatPart& part : asset.splats) {
      for (const glm::vec3& position : part.cloud.positions) values.push_back(position[axis]);
    }
    std::sort(values.begin(), values.end());
    const size_t outermost = values.size() / 100;
    bounds.min[axis] = values[outermost];
    bounds.max[axis] = values[values.size() - 1 - outermost];
  }
  for (const MeshPart& part : asset.meshes) {
    const Bounds mesh = bounds_of(part.mesh);
    if (mesh.empty()) continue;
    bounds.extend(mesh.min);
    bounds.extend(mesh.max);
  }
  return bounds;
}

float best_turn(const Asset& asset) {
  std::array<double, kTurns> front_area{};
  for (const MeshPart& part : asset.meshes) {
    for (const glm::uvec3& t : part.mesh.triangles) {
      const glm::vec3 a = part.mesh.positions[t.x];
      const glm::vec3 area = glm::cross(part.mesh.positions[t.y] - a, part.mesh.positions[t.z] - a);
      for (size_t k = 0; k < kTurns; ++k) front_area[k] += std::max(0.0f, glm::dot(area, outward(turn_of(k))));
    }
  }
  return turn_of(static_cast<size_t>(std::max_element(front_area.begin(), front_area.end()) - front_area.begin()));
}

}  // namespace diorama
