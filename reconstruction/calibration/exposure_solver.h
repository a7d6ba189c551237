#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/calibration/surface_samples.h"

#include <span>
#include <vector>

namespace diorama {

// Gains of frames from what they saw of common points, in linear light: gain_f * light(f, p) is the same for all frames
// f that see p. Least squares of the logarithms, weighted by what a step of the code means there, robust (Huber),
// points' own light eliminated, solved by conjugate gradients. Zero mean: the logarithms of the gains of all frames
// that took part sum to zero, channel by channel; frames that saw too little have gain 1.
struct ExposureSolution {
  std::vector<glm::vec3> gain;  // of each of samples.frames
  std::vector<bool> solved;     // saw enough to take part
  std::vector<double> sigma;    // 1 sigma of the gain's logarithm, from the residuals; 0 where not solved
};

// `colors`: as observed_colors gives them. Frames with use[f] false are left out altogether. Same bits for any thread
// count.
ExposureSolution solve_exposures(const SurfaceSamples& samples, std::span<const glm::vec3> colors,
                                 const std::vector<bool>& use, ThreadPool& pool);

}  // namespace diorama
