#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splats/start_splats.h"

#include <cstdint>
#include <optional>
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

// A point of the surface as a view sees it.
struct Sight {
  glm::u8vec4 color{0};  // of the pixel
  float weight = 0;      // the squarer it is seen, the more; [0, 1]
  float pixel_m = 0;     // size of the pixel there
};
// Nothing where the view does not see it: hidden, outside or from behind.
std::optional<Sight> sight_of(const MomentView& view, const Rigid& camera_from_world, const StartPoint& point);

}  // namespace diorama
