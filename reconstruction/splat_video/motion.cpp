#include "reconstruction/splat_video/motion.h"

#include "reconstruction/splat_video/point_tree.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace diorama {
namespace {

constexpr size_t kCandidates = 8;     // nearest points that the best match is chosen from
constexpr float kLikeNormal = 0.3f;   // least cosine between paired points' normals
constexpr double kSlide = 0.15;       // share of the pull that is not along the normal
constexpr double kUncoveredAt = 0.6;  // node spacings to the model: farther is uncovered
constexpr double kDamping = 1e-6;     // of the mean weight of a node

// One of both surfaces as it is paired: positions, normals and colours of one length.
struct Cloud {
  std::vector<glm::vec3> positions, normals, colors;
};

struct Match {
  uint32_t index = 0;
  float distance_m = 0;
};

// The nearest in place and colour among the nearest in place whose normal is alike.
std::optional<Match> match(const PointTree& tree, const Cloud& cloud, glm::vec3 position, glm::vec3 normal,
                           glm::vec3 color, float color_m) {
  uint32_t indices[kCandidates];
  float squared[kCandidates];
  const size_t found = tree.nearest(position, indices, squared);
  std::optional<Match> best;
  float least = 0;
  for (size_t k = 0; k < found; ++k) {
    const uint32_t i = indices[k];
    if (!(glm::dot(normal, cloud.normals[i]) > kLikeNormal)) continue;
    const glm::vec3 change = color_m * (color - cloud.colors[i]);
    const float cost = squared[k] + glm::dot(change, change);
    if (best && !(cost < least)) continue;
    least = cost;
    best = Match{i, std::sqrt(squared[k])};
  }
  return best;
}

Cloud cloud_of(const std::vector<StartPoint>& surface) {
  Cloud cloud;
  for (const StartPoint& point : surface) {
    cloud.positions.push_back(point.position);
    cloud.normals.push_back(point.normal);
    cloud.colors.push_back(point.color);
  }
  return cloud;
}

void pose_model(const DeformationGraph& graph, const GraphPose& pose, ThreadPool& pool, Cloud& model) {
  model.positions.resize(graph.samples.size());
  model.normals.resize(graph.samples.size());
  pool.parallel_for(graph.samples.size(), 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const GraphSample& sample = graph.samples[i];
      model.positions[i] = warped(graph, pose, sample.weights, sample.position);
      model.normals[i] = blended_rotation(pose, sample.weights) * sample.normal;
    }
  });
}

// Geman and McClure's weight: 1 on the spot, 1/4 at `reach`.
double robust(double distance_m, double reach_m) {
  const double share = distance_m / reach_m;
  return 1 / ((1 + share * share) * (1 + share * share));
}

// Pairs both ways. The weights of all pairs add up to about 1 each way.
struct Pairing {
  std::vector<PlaneTerm> terms;
  SurfaceFit fit;
};

Pairing pair_up(const DeformationGraph& graph, const Cloud& model, const Cloud& target, const PointTree& target_tree,
                double reach_m, double color_m, ThreadPool& pool) {
  const PointTree model_tree(model.positions);
  const size_t forward = model.positions.size(), backward = target.positions.size();
  std::vector<std::optional<PlaneTerm>> found(forward + backward);
  std::vector<float> nearest(backward, 1e9f);
  pool.parallel_for(forward + backward, 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const bool from_model = i < forward;
      const size_t at = from_model ? i : i - forward;
      const Cloud &from = from_model ? model : target, &to = from_model ? target : model;
      const auto best = match(from_model ? target_tree : model_tree, to, from.positions[at], from.normals[at],
                              from.colors[at], static_cast<float>(color_m));
      if (!best) continue;
      if (!from_model) nearest[at] = best->distance_m;
      const size_t sample = from_model ? at : best->index, point = from_model ? best->index : at;
      found[i] = PlaneTerm{.sample = static_cast<uint32_t>(sample),
                           .target = target.positions[point],
                           .normal = target.normals[point],
                           .weight = robust(static_cast<double>(best->distance_m), reach_m) /
                                     static_cast<double>(from_model ? forward : backward),
                           .slide = kSlide};
    }
  });
  Pairing pairing;
  double weights = 0, squares = 0;
  for (const auto& term : found) {
    if (!term) continue;
    pairing.terms.push_back(*term);
    const double along = glm::dot(term->normal, glm::dvec3(model.positions[term->sample]) - term->target);
    weights += term->weight;
    squares += term->weight * along * along;
  }
  pairing.fit.residual_m = weights > 0 ? std::sqrt(squares / weights) : 0;
  const auto far_m = static_cast<float>(kUncoveredAt * graph.spacing_m);
  const auto far = std::ranges::count_if(nearest, [&](float distance_m) { return distance_m > far_m; });
  pairing.fit.uncovered = static_cast<double>(far) / static_cast<double>(std::max<size_t>(backward, 1));
  return pairing;
}

double between(double first, double last, double share) {
  return first * std::pow(last / first, share);
}

}  // namespace

SurfaceFit surface_fit(const DeformationGraph& graph, const GraphPose& pose, const std::vector<StartPoint>& surface,
                       ThreadPool& pool) {
  if (surface.empty()) return {};
  const Cloud target = cloud_of(surface);
  Cloud model;
  for (const GraphSample& sample : graph.samples) model.colors.push_back(sample.color);
  pose_model(graph, pose, pool, model);
  const MotionOptions options;
  return pair_up(graph, model, target, PointTree(target.positions), graph.spacing_m * options.reach_end,
                 options.color_m, pool)
      .fit;
}

MotionFit fit_motion(const DeformationGraph& graph, MotionSolver& solver, const GraphPose& start,
                     const std::vector<StartPoint>& surface, const MotionOptions& options, ThreadPool& pool) {
  MotionFit fit{.pose = start};
  if (surface.empty()) return fit;
  const Cloud target = cloud_of(surface);
  const PointTree target_tree(target.positions);
  Cloud model;
  for (const GraphSample& sample : graph.samples) model.colors.push_back(sample.color);
  const double edges = std::max<double>(1.0, static_cast<double>(graph.edges.size()));
  for (int i = 0; i <= options.iterations; ++i) {
    const double share = static_cast<double>(i) / std::max(1, options.iterations);
    const double reach_m = graph.spacing_m * between(options.reach_start, options.reach_end, share);
    pose_model(graph, fit.pose, pool, model);
    Pairing pairing = pair_up(graph, model, target, target_tree, reach_m, options.color_m, pool);
    fit.fit = pairing.fit;
    if (i == options.iterations) break;
    MotionTerms terms{.planes = std::move(pairing.terms)};
    terms.rigidity = between(options.rigidity_start, options.rigidity_end, share) / edges;
    const double damping = kDamping / static_cast<double>(graph.nodes.size());
    fit.pose = moved(fit.pose, solver.step(fit.pose, terms, damping));
  }
  return fit;
}

}  // namespace diorama
