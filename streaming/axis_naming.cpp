#include "streaming/axis_naming.h"

#include <algorithm>

namespace diorama {

std::vector<AxisNaming> axis_namings() {
  std::vector<AxisNaming> namings;
  for (int x = 0; x < 3; ++x) {
    for (int y = 0; y < 3; ++y) {
      if (x == y) continue;
      for (int signs = 0; signs < 4; ++signs) {
        glm::mat3 axes(0.0f);
        axes[0][x] = (signs & 1) != 0 ? -1.0f : 1.0f;
        axes[1][y] = (signs & 2) != 0 ? -1.0f : 1.0f;
        axes[2] = glm::cross(axes[0], axes[1]);
        namings.push_back({glm::normalize(glm::quat_cast(axes)), {x, y, 3 - x - y}});
      }
    }
  }
  return namings;
}

std::optional<int> free_axis(glm::vec3 scales) {
  const auto alike = [&](int a, int b) {
    return std::max(scales[a], scales[b]) <= kAlikeAxes * std::min(scales[a], scales[b]);
  };
  if (alike(0, 1) && alike(1, 2) && alike(0, 2)) return 3;
  for (int axis = 0; axis < 3; ++axis) {
    if (alike((axis + 1) % 3, (axis + 2) % 3)) return axis;
  }
  return std::nullopt;
}

const AxisNaming& best_naming(const std::vector<AxisNaming>& namings, std::span<const glm::quat> rotations) {
  const AxisNaming* best = nullptr;
  float most = -1;
  for (const AxisNaming& naming : namings) {
    float sum = 0;
    for (const glm::quat& rotation : rotations) {
      const float w = (rotation * naming.old_from_new).w;
      sum += w * w;
    }
    if (sum > most) {
      most = sum;
      best = &naming;
    }
  }
  return *best;
}

}  // namespace diorama
