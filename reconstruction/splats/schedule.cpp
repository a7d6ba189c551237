#include "reconstruction/splats/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

// From `first` to `last` with a constant ratio from step to step.
float decay(float first, float last, float progress) {
  return first * std::pow(last / first, progress);
}

constexpr int kSmallestSide = 96;  // images are not shrunk below

}  // namespace

SplatBudget budget_of(const SplatFitOptions& options) {
  constexpr std::array<SplatBudget, 3> kPresets = {{{1800, 40000, 0}, {9000, 100000, 0}, {30000, 300000, 0}}};
  SplatBudget budget = kPresets[static_cast<size_t>(options.preset)];
  if (options.steps > 0) budget.steps = options.steps;
  if (options.max_splats > 0) budget.max_splats = static_cast<size_t>(options.max_splats);
  budget.start_splats = options.start_splats > 0 ? static_cast<size_t>(options.start_splats) : budget.max_splats / 2;
  budget.start_splats = std::clamp<size_t>(budget.start_splats, 1, budget.max_splats);
  return budget;
}

StepRates rates_at(float progress, double expected_steps, float extent_m) {
  // Rates were measured at 600 steps; at 30,000 this comes to those of Kerbl et al. 2023.
  const auto haste = static_cast<float>(std::clamp(std::sqrt(600.0 / std::max(expected_steps, 1.0)), 0.1, 1.5));
  const float settle = haste * decay(1.0f, 0.1f, std::max(0.0f, (progress - 0.4f) / 0.6f));
  StepRates rates;
  rates.position_m = decay(8e-4f, 1.5e-5f, progress) * haste * extent_m;
  rates.log_scale = 5e-2f * settle;
  rates.rotation = 4e-3f * settle;
  rates.opacity = 5e-2f * settle;
  rates.color = 3.2e-2f * settle;
  rates.rest = 1.6e-3f * settle;
  rates.pose_rotation = decay(4e-4f, 2e-5f, progress);
  rates.pose_translation_m = decay(4e-4f, 2e-5f, progress) * extent_m;
  rates.focal = decay(2e-4f, 1e-5f, progress);
  rates.exposure = 0.5f;
  return rates;
}

int sh_degree_at(float progress, int most) {
  return std::min(most, static_cast<int>(progress * 10));
}

int shrink_at(float progress, glm::ivec2 size_px) {
  int shrink = progress < 0.05f ? 4 : progress < 0.2f ? 2 : 1;
  while (shrink > 1 && std::min(size_px.x, size_px.y) / shrink < kSmallestSide) shrink /= 2;
  return shrink;
}

}  // namespace diorama
