#include "reconstruction/splat_video/deformation_graph.h"

#include "engine/base/error.h"
#include "reconstruction/splat_video/point_tree.h"

#include <algorithm>
#include <limits>
#include <queue>

namespace diorama {
namespace {

constexpr size_t kSurfaceNeighbours = 10;  // of a sample, along the surface
constexpr double kSameSide = -0.2;         // least cosine of neighbours' normals: thin parts have two sides
constexpr size_t kNodeNeighbours = 6;
constexpr double kReach = 4;  // node spacings that distances along the surface are followed

struct Link {
  uint32_t to = 0;
  double length_m = 0;
};

struct Reached {
  uint32_t node = 0;
  double distance_m = 0;
};

// Each next node is the point farthest from all before it.
std::vector<uint32_t> spread_out(const std::vector<GraphSample>& samples, size_t count) {
  std::vector<double> squared(samples.size(), std::numeric_limits<double>::infinity());
  std::vector<uint32_t> chosen;
  uint32_t next = 0;
  while (chosen.size() < std::min(count, samples.size())) {
    chosen.push_back(next);
    double farthest = -1;
    uint32_t at = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      const glm::dvec3 apart = samples[i].position - samples[chosen.back()].position;
      squared[i] = std::min(squared[i], glm::dot(apart, apart));
      if (squared[i] > farthest) {
        farthest = squared[i];
        at = static_cast<uint32_t>(i);
      }
    }
    if (!(farthest > 0)) break;
    next = at;
  }
  return chosen;
}

std::vector<std::vector<Link>> surface_links(const std::vector<GraphSample>& samples, ThreadPool& pool) {
  std::vector<glm::vec3> points;
  for (const GraphSample& sample : samples) points.emplace_back(sample.position);
  const PointTree tree(points);
  std::vector<std::vector<Link>> nearest(samples.size());
  pool.parallel_for(samples.size(), 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      uint32_t indices[kSurfaceNeighbours + 1];
      float squared[kSurfaceNeighbours + 1];
      const size_t found = tree.nearest(points[i], indices, squared);
      for (size_t k = 0; k < found; ++k) {
        const bool same_side = glm::dot(samples[i].normal, samples[indices[k]].normal) > kSameSide;
        if (indices[k] != i && same_side)
          nearest[i].push_back({indices[k], std::sqrt(static_cast<double>(squared[k]))});
      }
    }
  });
  std::vector<std::vector<Link>> links = nearest;  // both ways
  for (size_t i = 0; i < nearest.size(); ++i) {
    for (const Link& link : nearest[i]) links[link.to].push_back({static_cast<uint32_t>(i), link.length_m});
  }
  return links;
}

// Distances along the surface from a sample, as far as `most_m` (Dijkstra 1959): calls visit(sample, distance).
template <class Visit>
void walk(const std::vector<std::vector<Link>>& links, uint32_t from, double most_m, Visit&& visit) {
  std::vector<double> best(links.size(), std::numeric_limits<double>::infinity());
  using Entry = std::pair<double, uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  open.push({0, from});
  best[from] = 0;
  while (!open.empty()) {
    const auto [distance, at] = open.top();
    open.pop();
    if (distance > best[at]) continue;
    visit(at, distance);
    for (const Link& link : links[at]) {
      const double further = distance + link.length_m;
      if (further > most_m || !(further < best[link.to])) continue;
      best[link.to] = further;
      open.push({further, link.to});
    }
  }
}

double mean_spacing(const std::vector<glm::dvec3>& nodes) {
  double sum = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < nodes.size(); ++j) {
      if (j != i) least = std::min(least, glm::length(nodes[i] - nodes[j]));
    }
    if (nodes.size() > 1) sum += least;
  }
  return nodes.size() > 1 ? sum / static_cast<double>(nodes.size()) : 1.0;
}

NodeWeights weights_of(std::vector<Reached> reached) {
  std::ranges::sort(reached, [](const Reached& a, const Reached& b) {
    return std::pair(a.distance_m, a.node) < std::pair(b.distance_m, b.node);
  });
  NodeWeights result;
  const size_t used = std::min(reached.size(), NodeWeights::kCount);
  const double most_m = 1.05 * (reached.size() > used ? reached[used].distance_m : reached[used - 1].distance_m) + 1e-6;
  double sum = 0;
  std::array<double, NodeWeights::kCount> weights{};
  for (size_t k = 0; k < used; ++k) {
    weights[k] = std::pow(1 - reached[k].distance_m / most_m, 2);
    sum += weights[k];
  }
  for (size_t k = 0; k < NodeWeights::kCount; ++k) {
    result.node[k] = reached[std::min(k, used - 1)].node;
    result.weight[k] = static_cast<float>(weights[k] / sum);
  }
  return result;
}

uint32_t nearest_node(const std::vector<glm::dvec3>& nodes, glm::dvec3 point, uint32_t except) {
  uint32_t best = except == 0 && nodes.size() > 1 ? 1 : 0;
  for (uint32_t j = 0; j < nodes.size(); ++j) {
    if (j != except && glm::length(nodes[j] - point) < glm::length(nodes[best] - point)) best = j;
  }
  return best;
}

void join_nodes(DeformationGraph& graph, std::vector<std::vector<Reached>> near_nodes) {
  for (uint32_t i = 0; i < near_nodes.size(); ++i) {
    std::vector<Reached>& near = near_nodes[i];
    std::erase_if(near, [&](const Reached& r) { return r.node == i; });
    std::ranges::sort(near, [](const Reached& a, const Reached& b) {
      return std::pair(a.distance_m, a.node) < std::pair(b.distance_m, b.node);
    });
    near.resize(std::min(near.size(), kNodeNeighbours));
    // A piece with one node would turn freely.
    if (near.empty() && graph.nodes.size() > 1) near.push_back({nearest_node(graph.nodes, graph.nodes[i], i), 0});
    for (const Reached& r : near) graph.edges.emplace_back(std::min(i, r.node), std::max(i, r.node));
  }
  std::ranges::sort(graph.edges);
  const auto repeated = std::ranges::unique(graph.edges);
  graph.edges.erase(repeated.begin(), repeated.end());
}

}  // namespace

DeformationGraph build_graph(std::span<const StartPoint> points, size_t node_count, ThreadPool& pool) {
  DIO_CHECK(!points.empty() && node_count > 0);
  DeformationGraph graph;
  for (const StartPoint& point : points) graph.samples.push_back({point.position, point.normal, point.color, {}});
  const std::vector<uint32_t> chosen = spread_out(graph.samples, node_count);
  for (const uint32_t sample : chosen) graph.nodes.push_back(graph.samples[sample].position);
  graph.spacing_m = mean_spacing(graph.nodes);
  const auto links = surface_links(graph.samples, pool);
  std::vector<std::vector<Reached>> from_node(chosen.size());  // .node: the sample that was reached
  pool.parallel_for(chosen.size(), 8, [&](size_t begin, size_t end) {
    for (size_t j = begin; j < end; ++j) {
      walk(links, chosen[j], kReach * graph.spacing_m, [&](uint32_t sample, double distance_m) {
        from_node[j].push_back({sample, distance_m});
      });
    }
  });
  std::vector<std::vector<Reached>> reached(graph.samples.size());
  for (uint32_t j = 0; j < from_node.size(); ++j) {
    for (const Reached& r : from_node[j]) reached[r.node].push_back({j, r.distance_m});
  }
  for (size_t i = 0; i < graph.samples.size(); ++i) {
    if (reached[i].empty()) {
      reached[i].push_back(
          {nearest_node(graph.nodes, graph.samples[i].position, static_cast<uint32_t>(graph.nodes.size())), 0});
    }
    graph.samples[i].weights = weights_of(reached[i]);
  }
  std::vector<std::vector<Reached>> near_nodes(chosen.size());
  for (size_t j = 0; j < chosen.size(); ++j) near_nodes[j] = std::move(reached[chosen[j]]);
  join_nodes(graph, std::move(near_nodes));
  return graph;
}

std::vector<NodeWeights> weights_at(const DeformationGraph& graph, std::span<const glm::vec3> points,
                                    ThreadPool& pool) {
  std::vector<glm::vec3> samples;
  for (const GraphSample& sample : graph.samples) samples.emplace_back(sample.position);
  const PointTree tree(samples);
  std::vector<NodeWeights> weights(points.size());
  pool.parallel_for(points.size(), 512, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      uint32_t index[1];
      float squared[1];
      tree.nearest(points[i], index, squared);
      weights[i] = graph.samples[index[0]].weights;
    }
  });
  return weights;
}

glm::dvec3 warped(const DeformationGraph& graph, const GraphPose& pose, const NodeWeights& weights, glm::dvec3 point) {
  glm::dvec3 result(0);
  for (size_t k = 0; k < NodeWeights::kCount; ++k) {
    const uint32_t j = weights.node[k];
    const glm::dvec3 node = graph.nodes[j];
    result += static_cast<double>(weights.weight[k]) * (pose[j].rotation * (point - node) + node + pose[j].translation);
  }
  return result;
}

glm::dquat blended_rotation(const GraphPose& pose, const NodeWeights& weights) {
  const glm::dquat first = pose[weights.node[0]].rotation;
  glm::dquat sum(0, 0, 0, 0);
  for (size_t k = 0; k < NodeWeights::kCount; ++k) {
    const glm::dquat rotation = pose[weights.node[k]].rotation;
    const double weight = static_cast<double>(weights.weight[k]);
    sum = sum + rotation * (glm::dot(first, rotation) < 0 ? -weight : weight);
  }
  return glm::normalize(sum);
}

GraphPose predicted(const GraphPose& before, const GraphPose& now) {
  DIO_CHECK(before.size() == now.size());
  GraphPose next(now.size());
  for (size_t j = 0; j < now.size(); ++j) {
    next[j].rotation = glm::normalize(now[j].rotation * glm::conjugate(before[j].rotation) * now[j].rotation);
    next[j].translation = 2.0 * now[j].translation - before[j].translation;
  }
  return next;
}

}  // namespace diorama
