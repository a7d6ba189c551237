#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/splats/splat_fit_options.h"

#include <string>
#include <vector>

namespace diorama {

// Milliseconds of a training step at one number of splats; medians over the steps.
struct SplatStepBench {
  size_t splats = 0, steps = 0;
  double step_ms = 0;
  double project_ms = 0, sort_ms = 0, bin_ms = 0, forward_ms = 0, loss_ms = 0, backward_ms = 0, update_ms = 0;
  double bytes_per_splat = 0;  // of what grows with the splats: parameters, optimiser's state, rasteriser's lists
  double peak_memory_mb = 0;   // MiB, of the process so far
};

struct SplatBench {
  std::string capture;
  glm::ivec2 size_px{0};
  int sh_degree = 0, threads = 0;
  size_t views = 0;
  std::vector<SplatStepBench> runs;
};

// Times steps of the fitter as they are in the middle of a fit (full size and SH degree, no densification), from as
// many splats on the fused surface as each entry of `counts` says.
SplatBench bench_splats(const Capture& capture, const SplatFitOptions& options, const std::vector<size_t>& counts,
                        size_t steps, JobContext& job);

std::string to_json(const SplatBench& bench);
std::string to_text(const SplatBench& bench);

}  // namespace diorama
