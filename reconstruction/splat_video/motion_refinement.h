#pragma once

#include "engine/base/random.h"
#include "reconstruction/splat_video/carried_splats.h"
#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/view_loss.h"

#include <functional>
#include <vector>

namespace diorama {

struct RefinementOptions {
  size_t steps = 200;
  double move_m = 0.7e-3;  // length of a node's first steps; the last are a tenth
  double rigidity = 1e-6;  // of stretch() against the views' loss
};

// How far edges are from moving rigidly, in mm^2 on average (Sumner et al. 2007, equation 6), and its derivatives by
// the nodes' steps times `weight`, which are added.
double stretch(const DeformationGraph& graph, const GraphPose& pose, double weight, std::vector<NodeStep>& gradient);

// Derivatives of the loss that was evaluated last, on splats as the carrier carries them to `pose`.
std::vector<NodeStep> motion_gradient(ViewLoss& loss, const SplatCarrier& carrier, const GraphPose& pose,
                                      ThreadPool& pool);

// The pose that the pictures show: from `start` on, the nodes follow the derivatives of the views' loss through the
// splats that they carry (Adam), a view a step. Only motion changes: colours, sizes and opacities stay those of
// `loss.moving()`.
GraphPose refine_motion(ViewLoss& loss, const MomentViews& moment, const DeformationGraph& graph,
                        const SplatCarrier& carrier, const GraphPose& start, const RefinementOptions& options,
                        uint64_t salt, ThreadPool& pool, const std::function<void()>& advance);

}  // namespace diorama
