#pragma once

#include "engine/base/random.h"
#include "engine/base/thread_pool.h"
#include "reconstruction/splats/splat_model.h"
#include "reconstruction/splats/training_set.h"

#include <cstddef>
#include <functional>

namespace diorama {

struct DensifyStats {
  size_t moved = 0, added = 0, removed = 0;
};

// 3D Gaussian Splatting as Markov Chain Monte Carlo (Kheradmand et al. 2024): splats that have faded move to others,
// drawn by opacity, and the cloud grows by a share of itself up to `cap`. Splats that share a place get the opacity and
// scale that keep its look (equation 9).
DensifyStats densify_mcmc(SplatModel& model, size_t cap, Random& random);

// Kerbl et al. 2023, section 5: splats whose mean is pulled strongly are cloned if small, split if large, up to `cap`;
// faded and huge ones go. `extent_m`: the scene's size; `pixels`: of a training image, for the gradient's scale.
DensifyStats densify_classic(SplatModel& model, size_t cap, float extent_m, Random& random);

// Opacities down to at most 0.01, as the classic strategy does now and then.
void reset_opacities(SplatModel& model);

// Removes splats that hang in front of what depth cameras measured: seen in three or more of the views and in most of
// these nearer than the measurement by more than 5 % and three of their own standard deviations.
size_t remove_floaters(SplatModel& model, const TrainingSet& set, const std::function<Camera(size_t view)>& camera,
                       ThreadPool& pool);

// Moves a splat at random within its own shape: by strength * covariance * normal numbers (Kheradmand et al. 2024,
// equation 8).
void jitter(std::span<float> record, float strength, Random& random);

// Removes what can't be drawn: records that are not finite.
size_t remove_broken(SplatModel& model);

// Opacity and share of the scale that `count` splats at one place need to look like one of `opacity`.
struct SharedLook {
  float opacity = 0, scale = 1;
};
SharedLook share_look(float opacity, int count);

}  // namespace diorama
