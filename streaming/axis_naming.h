#pragma once

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

#include <optional>
#include <span>
#include <vector>

namespace diorama {

inline glm::quat quat_from_xyzw(glm::vec4 q) {
  return {q.w, q.x, q.y, q.z};
}

// A way to name a splat's axes: the same ellipsoid with other axes called x, y and z.
struct AxisNaming {
  glm::quat old_from_new{1, 0, 0, 0};
  glm::ivec3 old_axis{0, 1, 2};  // of each new one

  glm::vec3 renamed(glm::vec3 scales) const { return {scales[old_axis.x], scales[old_axis.y], scales[old_axis.z]}; }
};

// The 24 rotations of a cube.
std::vector<AxisNaming> axis_namings();

// Axes count as alike where they differ by less: a turn of a splat about the third axis then hardly shows.
inline constexpr float kAlikeAxes = 1.1f;

// The axis about which a turn does not show, as the other two are alike; 3 where all are; nothing where none are.
std::optional<int> free_axis(glm::vec3 scales);

// The one with which rotations are, taken together, nearest to none: the largest sum of squares of w.
const AxisNaming& best_naming(const std::vector<AxisNaming>& namings, std::span<const glm::quat> rotations);

}  // namespace diorama
