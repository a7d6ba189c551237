#pragma once

#include "assets/splat_performance.h"

#include <optional>

namespace diorama {

// How the splats of a performance move, on average over splats and frames; each splat is followed within its group.
struct SplatMotion {
  double step_mm = 0;               // |p(t + 1) - p(t)|
  double second_difference_mm = 0;  // |p(t + 1) - 2 p(t) + p(t - 1)|: 0 at constant speed
};

// Nothing where no group has three frames and a splat. Reads every frame once, three in memory.
std::optional<SplatMotion> splat_motion(const SplatPerformance& performance);

}  // namespace diorama
