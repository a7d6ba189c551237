#pragma once

#include "tests/reconstruction/memory_capture.h"

#include <cmath>

namespace diorama::test {

// Smooth, so that pixels of one ray show it without aliasing.
inline glm::u8vec3 waves(glm::vec3 p) {
  const auto wave = [](float phase) { return 0.5f + 0.4f * std::sin(phase); };
  const glm::vec3 color(wave(6 * p.x + 2 * p.y), wave(5 * p.y - 3 * p.x + p.z), wave(4 * p.x * p.y + 3 * p.z));
  return glm::u8vec3(color * 255.0f + 0.5f);
}

// Cameras of a planar light field, row by row, `gap_m` apart, that look along +z.
inline std::vector<Camera> camera_grid(int side, float gap_m) {
  std::vector<Camera> cameras;
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      Camera camera{{48, 36}, glm::vec2(50.0f), {24.0f, 18.0f}, {}};
      camera.world_from_camera.translation = {gap_m * static_cast<float>(column), gap_m * static_cast<float>(row), 0};
      cameras.push_back(camera);
    }
  }
  return cameras;
}

// A box before a wall at 6 m.
inline RayScene box_before_wall() {
  return nearest_of({wall(6), box({-0.4f, -0.3f, 2.5f}, {0.6f, 0.6f, 3.0f})});
}

}  // namespace diorama::test
