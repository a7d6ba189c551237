#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splats/start_splats.h"

#include <cstdint>
#include <vector>

namespace diorama {

struct SurfaceOptions {
  float voxel_m = 0.01f;  // of the fused surface
  size_t count = 10000;   // points
  uint64_t seed = 1;
};

// Points of what moves, spread evenly over the surface that the views' depth fuses to; their colour is the mean of the
// views that see them. Empty where nothing was measured.
std::vector<StartPoint> moment_surface(const MomentViews& moment, const SurfaceOptions& options, ThreadPool& pool);

}  // namespace diorama
