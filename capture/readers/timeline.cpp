#include "capture/readers/timeline.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace diorama {
namespace {

constexpr size_t kNeighbours = 8;

Rigid rigid_of(const glm::dquat& rotation, glm::dvec3 translation) {
  return {glm::mat3(glm::mat3_cast(glm::normalize(rotation))), glm::vec3(translation)};
}

}  // namespace

std::vector<std::pair<size_t, size_t>> associate_times(std::span<const double> a_s, std::span<const double> b_s,
                                                       double max_gap_s) {
  std::vector<std::tuple<double, size_t, size_t>> candidates;
  for (size_t a = 0; a < a_s.size(); ++a) {
    const auto after = static_cast<size_t>(std::lower_bound(b_s.begin(), b_s.end(), a_s[a]) - b_s.begin());
    const size_t end = std::min(after + kNeighbours, b_s.size());
    for (size_t b = after - std::min(after, kNeighbours); b < end; ++b) {
      const double gap_s = std::abs(a_s[a] - b_s[b]);
      if (gap_s < max_gap_s) candidates.emplace_back(gap_s, a, b);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<bool> a_used(a_s.size()), b_used(b_s.size());
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const auto& [gap_s, a, b] : candidates) {
    if (a_used[a] || b_used[b]) continue;
    a_used[a] = b_used[b] = true;
    pairs.emplace_back(a, b);
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::optional<Rigid> pose_at(std::span<const TimedPose> trajectory, double time_s, double max_bracket_s) {
  const auto after = std::lower_bound(trajectory.begin(), trajectory.end(), time_s,
                                      [](const TimedPose& pose, double time) { return pose.time_s < time; });
  if (after == trajectory.end()) return std::nullopt;
  if (after->time_s == time_s) return rigid_of(after->rotation, after->translation);
  if (after == trajectory.begin()) return std::nullopt;
  const TimedPose& before = *(after - 1);
  const double bracket_s = after->time_s - before.time_s;
  if (!(bracket_s < max_bracket_s)) return std::nullopt;
  const double t = (time_s - before.time_s) / bracket_s;
  return rigid_of(glm::slerp(before.rotation, after->rotation, t), glm::mix(before.translation, after->translation, t));
}

}  // namespace diorama
