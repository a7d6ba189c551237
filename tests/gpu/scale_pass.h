#pragma once

#include "engine/gpu/gpu_device.h"

#include <span>
#include <vector>

namespace diorama {

// Runs scale.comp.glsl over items of the given weights: uploads, one pass named "scale", read back.
struct ScaleRun {
  std::vector<float> results;
  double pass_ms = 0, wall_ms = 0;
};
ScaleRun run_scale(GpuDevice& device, std::span<const float> weights, float factor, uint32_t bias);

}  // namespace diorama
