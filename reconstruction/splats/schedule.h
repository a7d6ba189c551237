#pragma once

#include "reconstruction/splats/splat_fit_options.h"

#include <cstddef>

namespace diorama {

// What a preset stands for.
struct SplatBudget {
  int steps = 0;
  size_t max_splats = 0;
  size_t start_splats = 0;
};
SplatBudget budget_of(const SplatFitOptions& options);

// How far a fit is, [0, 1]: by steps or by time, whichever is further. All that changes in the course of a fit follows
// it, so a run that ends early by its clock has gone through every phase.
struct StepRates {
  float position_m = 0, log_scale = 0, rotation = 0, opacity = 0, color = 0, rest = 0;
  float pose_rotation = 0, pose_translation_m = 0, focal = 0;  // radians, metres, share of the focal length
  float exposure = 0;                                          // share of the way to each view's own exposure
};

// `extent_m`: mean distance of what the cameras see. `expected_steps`: of the whole fit; the fewer there are, the
// farther each goes.
StepRates rates_at(float progress, double expected_steps, float extent_m);

// Degree of the colours' harmonics in use: one more after each tenth of the fit.
int sh_degree_at(float progress, int most);

// Power of two by which the training images are shrunk: coarse at first.
int shrink_at(float progress, glm::ivec2 size_px);

// Splats are added and removed every this many steps, while progress is within the bounds.
inline constexpr int kDensifyEvery = 100;
inline constexpr float kDensifyFrom = 0.03f, kDensifyUntil = 0.75f;

}  // namespace diorama
