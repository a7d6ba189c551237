#include "reconstruction/splat_video/group_motion.h"

#include "reconstruction/splat_video/motion_refinement.h"

#include <cmath>
#include <utility>

namespace diorama {
namespace {

// Surfaces must explain the pictures this much better than going on at the same speed: parts that cross are taken for
// each other by place, and pictures alone tell them apart only later.
constexpr double kSurfaceGain_db = 2;

}  // namespace

GroupMotion::GroupMotion(const std::vector<StartPoint>& surface, const SplatModel& model, size_t nodes,
                         ThreadPool& pool)
    : graph_(build_graph(surface, nodes, pool)),
      solver_(graph_),
      carried_(carried_splats(graph_, model.records, model.layout(), pool)),
      before_(rest_pose(graph_)),
      now_(before_) {}

GraphPose GroupMotion::start_pose(const MomentViews& views, const std::vector<StartPoint>& surface,
                                  const SplatCarrier& carrier, ViewLoss& loss, ThreadPool& pool) {
  GraphPose by_speed = predicted(before_, now_);
  GraphPose by_surface = fit_motion(graph_, solver_, by_speed, surface, {}, pool).pose;
  if (!has_speed_) return by_surface;
  const auto score = [&](const GraphPose& pose) {
    carrier.carry(pose, loss.moving(), pool);
    return psnr(loss, views);
  };
  return score(by_surface) > score(by_speed) + kSurfaceGain_db ? by_surface : by_speed;
}

SurfaceFit GroupMotion::follow(const MomentViews& views, const std::vector<StartPoint>& surface, size_t steps,
                               uint64_t salt, ViewLoss& loss, SplatModel& model, ThreadPool& pool,
                               const std::function<void()>& advance) {
  const SplatCarrier carrier(carried_, graph_, now_, model.records, model.layout(), pool);
  loss.set_moving(model.records);
  const GraphPose start = start_pose(views, surface, carrier, loss, pool);
  const GraphPose pose = refine_motion(loss, views, graph_, carrier, start, {.steps = steps}, salt, pool, advance);
  model.records = moved(carried_, graph_, now_, pose, model.records, model.layout(), pool);
  before_ = std::exchange(now_, pose);
  has_speed_ = true;
  return surface_fit(graph_, now_, surface, pool);
}

}  // namespace diorama
