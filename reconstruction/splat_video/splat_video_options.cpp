#include "reconstruction/splat_video/splat_video_options.h"

#include <array>

namespace diorama {

SplatVideoBudget budget_of(const SplatVideoOptions& options) {
  constexpr std::array<SplatVideoBudget, 3> kPresets = {
      {{8000, 500, 40, 50, 20000, 800}, {24000, 3000, 200, 400, 60000, 3000}, {40000, 4000, 300, 500, 150000, 10000}}};
  SplatVideoBudget budget = kPresets[static_cast<size_t>(options.preset)];
  if (options.max_splats > 0) budget.max_splats = static_cast<size_t>(options.max_splats);
  if (options.key_steps > 0) budget.key_steps = static_cast<size_t>(options.key_steps);
  if (options.motion_steps >= 0) budget.motion_steps = static_cast<size_t>(options.motion_steps);
  if (options.frame_steps >= 0) budget.frame_steps = static_cast<size_t>(options.frame_steps);
  if (options.still_splats > 0) budget.still_splats = static_cast<size_t>(options.still_splats);
  if (options.still_steps > 0) budget.still_steps = static_cast<size_t>(options.still_steps);
  return budget;
}

}  // namespace diorama
