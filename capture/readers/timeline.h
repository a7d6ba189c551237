#pragma once

#include "engine/scene/rigid.h"

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace diorama {

struct TimedPose {
  double time_s = 0;
  glm::dvec3 translation{0.0};
  glm::dquat rotation{1, 0, 0, 0};  // unit
};

// Pairs (index in a, index in b) of times less than `max_gap_s` apart: the closest pair first, each time used once; the
// result is in the order of `a`. Both lists are sorted. Of very dense lists, only the eight nearest on each side of a
// time are considered.
std::vector<std::pair<size_t, size_t>> associate_times(std::span<const double> a_s, std::span<const double> b_s,
                                                       double max_gap_s);

// The pose at a time between two samples less than `max_bracket_s` apart: rotation by slerp, position linear. Nothing
// outside the trajectory or in a gap. `trajectory` is sorted by time.
std::optional<Rigid> pose_at(std::span<const TimedPose> trajectory, double time_s, double max_bracket_s);

}  // namespace diorama
