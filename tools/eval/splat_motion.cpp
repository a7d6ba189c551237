#include "tools/eval/splat_motion.h"

namespace diorama {
namespace {

struct Sums {
  double steps_m = 0, seconds_m = 0;
  size_t step_count = 0, second_count = 0;
};

using Positions = std::vector<glm::vec3>;

void add_frame(const Positions& before_last, const Positions& last, const Positions& now, Sums& sums) {
  for (size_t i = 0; i < last.size(); ++i) sums.steps_m += static_cast<double>(glm::distance(now[i], last[i]));
  sums.step_count += last.size();
  for (size_t i = 0; i < before_last.size(); ++i) {
    sums.seconds_m += static_cast<double>(glm::length(now[i] - 2.0f * last[i] + before_last[i]));
  }
  sums.second_count += before_last.size();
}

}  // namespace

std::optional<SplatMotion> splat_motion(const SplatPerformance& performance) {
  Sums sums;
  size_t frame = 0;
  for (const SplatGroupInfo& group : performance.sequence().groups) {
    Positions before_last, last;
    for (size_t k = 0; k < group.frame_count; ++k, ++frame) {
      Positions now = performance.moving(frame).positions;
      add_frame(before_last, last, now, sums);
      before_last = std::move(last);
      last = std::move(now);
    }
  }
  if (sums.second_count == 0) return std::nullopt;
  return SplatMotion{1000 * sums.steps_m / static_cast<double>(sums.step_count),
                     1000 * sums.seconds_m / static_cast<double>(sums.second_count)};
}

}  // namespace diorama
