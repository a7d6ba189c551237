#include "reconstruction/splat_video/motion_refinement.h"

#include "engine/base/error.h"
#include "reconstruction/splat_video/view_order.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kBlock = 64;                  // splats whose derivatives are asked for at once
constexpr double kBeta1 = 0.9, kBeta2 = 0.99;  // of Adam; few steps are taken
constexpr double kFloor = 0.1;                 // of a node's gradient against the mean of all: what has less moves less

// Adam over the nodes: what turns and what moves have a scale each.
class NodeAdam {
 public:
  explicit NodeAdam(size_t nodes) : first_(nodes), second_(nodes) {}

  std::vector<NodeStep> step(const std::vector<NodeStep>& gradient, double turn_rate, double move_rate) {
    ++number_;
    const double correction1 = 1 / (1 - std::pow(kBeta1, number_)), correction2 = 1 / (1 - std::pow(kBeta2, number_));
    glm::dvec2 sum(0);  // of turn and move
    for (size_t j = 0; j < gradient.size(); ++j) {
      const NodeStep& g = gradient[j];
      first_[j] = {kBeta1 * first_[j].turn + (1 - kBeta1) * g.turn, kBeta1 * first_[j].move + (1 - kBeta1) * g.move};
      second_[j] += (1 - kBeta2) * (glm::dvec2(glm::dot(g.turn, g.turn), glm::dot(g.move, g.move)) / 3.0 - second_[j]);
      sum += second_[j];
    }
    const glm::dvec2 floor = kFloor * glm::sqrt(correction2 * sum / static_cast<double>(gradient.size())) + 1e-30;
    std::vector<NodeStep> result(gradient.size());
    for (size_t j = 0; j < gradient.size(); ++j) {
      const glm::dvec2 scale = correction1 / (glm::sqrt(correction2 * second_[j]) + floor);
      result[j] = {-turn_rate * scale.x * first_[j].turn, -move_rate * scale.y * first_[j].move};
    }
    return result;
  }

 private:
  std::vector<NodeStep> first_;
  std::vector<glm::dvec2> second_;
  int number_ = 0;
};

}  // namespace

double stretch(const DeformationGraph& graph, const GraphPose& pose, double weight, std::vector<NodeStep>& gradient) {
  constexpr double kPerMm2 = 1e6;  // m^2
  const double scale = kPerMm2 / std::max<double>(1.0, static_cast<double>(graph.edges.size()));
  double sum = 0;
  const auto add = [&](uint32_t a, uint32_t b) {
    const glm::dvec3 arm = pose[a].rotation * (graph.nodes[b] - graph.nodes[a]);
    const glm::dvec3 apart = arm + graph.nodes[a] + pose[a].translation - graph.nodes[b] - pose[b].translation;
    sum += scale * glm::dot(apart, apart);
    const glm::dvec3 pull = 2 * weight * scale * apart;
    gradient[a].turn += glm::cross(arm, pull);
    gradient[a].move += pull;
    gradient[b].move -= pull;
  };
  for (const auto& [a, b] : graph.edges) {
    add(a, b);
    add(b, a);
  }
  return sum;
}

std::vector<NodeStep> motion_gradient(ViewLoss& loss, const SplatCarrier& carrier, const GraphPose& pose,
                                      ThreadPool& pool) {
  std::vector<SplatPull> pulls(loss.moving_count());
  const auto visible = loss.visible_moving();
  const size_t stride = loss.layout().stride();
  pool.parallel_for((visible.size() + kBlock - 1) / kBlock, 1, [&](size_t begin, size_t end) {
    alignas(64) float gradients[kBlock * 64];
    for (size_t block = begin; block < end; ++block) {
      const size_t first = block * kBlock, count = std::min(kBlock, visible.size() - first);
      loss.gradients(first, count, {gradients, count * stride});
      for (size_t i = 0; i < count; ++i) {
        const size_t splat = visible[first + i];
        pulls[splat] = pull_of(loss.moving().subspan(splat * stride, stride), {gradients + i * stride, stride});
      }
    }
  });
  return carrier.pulled(pose, pulls, pool);
}

GraphPose refine_motion(ViewLoss& loss, const MomentViews& moment, const DeformationGraph& graph,
                        const SplatCarrier& carrier, const GraphPose& start, const RefinementOptions& options,
                        uint64_t salt, ThreadPool& pool, const std::function<void()>& advance) {
  if (moment.views.empty()) return start;
  Random random(salt, 24);
  ViewOrder order(moment.views.size(), random);
  GraphPose pose = start;
  NodeAdam adam(pose.size());
  for (size_t i = 0; i < options.steps; ++i) {
    carrier.carry(pose, loss.moving(), pool);
    loss.evaluate(moment.views[order.next()], loss.layout().sh_degree, background_of(moment, random));
    std::vector<NodeStep> gradient = motion_gradient(loss, carrier, pose, pool);
    stretch(graph, pose, options.rigidity, gradient);
    const double settle = std::pow(0.1, static_cast<double>(i) / static_cast<double>(options.steps));
    const double move_m = settle * options.move_m;
    pose = moved(pose, adam.step(gradient, 2 * move_m / graph.spacing_m, move_m));
    advance();
  }
  return pose;
}

}  // namespace diorama
