#pragma once

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

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

// The one with which rotations are, taken together, nearest to none: the largest sum of squares of w.
const AxisNaming& best_naming(const std::vector<AxisNaming>& namings, std::span<const glm::quat> rotations);

}  // namespace diorama
