#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/splat_video/motion_solver.h"
#include "reconstruction/splats/start_splats.h"

#include <vector>

namespace diorama {

struct MotionOptions {
  int iterations = 30;
  double reach_start = 2.5, reach_end = 0.25;      // scale of the robust distance, node spacings
  double rigidity_start = 5, rigidity_end = 0.03;  // of the edges against the surfaces' distance
  double color_m = 0.15;                           // what a difference of 1 in colour is worth when points are paired
};

// How well a posed graph explains a surface.
struct SurfaceFit {
  double residual_m = 0;  // root mean square distance of the paired surfaces, robustly weighted
  double uncovered = 0;   // share of the surface that the model does not come near
};
SurfaceFit surface_fit(const DeformationGraph& graph, const GraphPose& pose, const std::vector<StartPoint>& surface,
                       ThreadPool& pool);

struct MotionFit {
  GraphPose pose;
  SurfaceFit fit;
};

// The pose in which the graph's surface lies on `surface`, found from `start` by non-rigid ICP: points of both surfaces
// are paired with the nearest of like normal and colour on the other, pulled onto its plane with bounded strength, and
// the graph is let go from stiff to soft (Amberg et al. 2007). `surface` may be seen in part. Nothing there: `start`.
MotionFit fit_motion(const DeformationGraph& graph, MotionSolver& solver, const GraphPose& start,
                     const std::vector<StartPoint>& surface, const MotionOptions& options, ThreadPool& pool);

}  // namespace diorama
