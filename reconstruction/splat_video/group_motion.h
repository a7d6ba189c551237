#pragma once

#include "reconstruction/splat_video/carried_splats.h"
#include "reconstruction/splat_video/moment_trainer.h"
#include "reconstruction/splat_video/motion.h"
#include "reconstruction/splats/splat_model.h"

#include <functional>
#include <vector>

namespace diorama {

// Carries a group's splats from moment to moment.
class GroupMotion {
 public:
  // `surface`: of the group's first moment, whose splats the model holds.
  GroupMotion(const std::vector<StartPoint>& surface, const SplatModel& model, size_t nodes, ThreadPool& pool);

  // Moves the model to where the next moment's views show it; `surface` is that moment's. Motion starts as it went on
  // so far, or by the surfaces where that fits better, and is then refined on the pictures in `steps` steps.
  SurfaceFit follow(const MomentViews& views, const std::vector<StartPoint>& surface, size_t steps, uint64_t salt,
                    ViewLoss& loss, SplatModel& model, ThreadPool& pool, const std::function<void()>& advance);

 private:
  GraphPose start_pose(const MomentViews& views, const std::vector<StartPoint>& surface, const SplatCarrier& carrier,
                       ViewLoss& loss, ThreadPool& pool);

  DeformationGraph graph_;
  MotionSolver solver_;
  CarriedSplats carried_;
  GraphPose before_, now_;
  bool has_speed_ = false;  // the last motion was seen
};

}  // namespace diorama
