#include "engine/scene/splat_decimate.h"

#include "engine/base/error.h"
#include "engine/scene/svd3.h"

#include <glm/gtc/quaternion.hpp>
#include <nanoflann.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace diorama {
namespace {

constexpr size_t kNeighbours = 8;      // candidates for a partner
constexpr size_t kGrain = 1024;        // splats a task
constexpr size_t kMostPairsShare = 6;  // of the splats one in so many leads a pair in a round
constexpr double kColorWeight = 10;    // a difference of 0.3 in colour counts as a shape that doubles

struct Moments {
  glm::dvec3 mean{0.0};
  glm::dmat3 covariance{0.0};
};

// What the cost of a merge needs of a splat.
struct SplatWeight {
  double weight = 0;     // opacity times mean projected area: how much of pictures it is
  double thickness = 0;  // variance added to all axes, so that flat splats a hair apart are still alike
  double log_det = 0;    // of the covariance with that
};

// A quarter of the ellipsoid's surface, by Cauchy's theorem; Thomsen's formula, within 1.2 %, less a factor of pi.
double mean_projected_area(const glm::dvec3& s) {
  constexpr double kPower = 1.6075;
  const double sum = std::pow(s.x * s.y, kPower) + std::pow(s.x * s.z, kPower) + std::pow(s.y * s.z, kPower);
  return std::pow(sum / 3, 1 / kPower);
}

glm::dmat3 outer(const glm::dvec3& a) {
  return glm::outerProduct(a, a);
}

Moments moments_of(const SplatCloud& cloud, size_t i) {
  const glm::vec4 q = cloud.rotations_xyzw[i];
  glm::dmat3 axes = glm::mat3_cast(glm::normalize(glm::dquat(q.w, q.x, q.y, q.z)));
  for (int axis = 0; axis < 3; ++axis) axes[axis] *= static_cast<double>(cloud.scales[i][axis]);
  return {glm::dvec3(cloud.positions[i]), axes * glm::transpose(axes)};
}

SplatWeight weight_of(const SplatCloud& cloud, size_t i) {
  constexpr double kLeastOpacity = 1e-6, kLeastArea = 1e-20, kLeastVariance = 1e-18;
  const glm::dvec3 s = cloud.scales[i];
  SplatWeight result;
  result.weight =
      std::max(static_cast<double>(cloud.opacities[i]), kLeastOpacity) * std::max(mean_projected_area(s), kLeastArea);
  const double longest = std::max({s.x, s.y, s.z});
  result.thickness = 0.01 * longest * longest + kLeastVariance;
  const glm::dvec3 variances = s * s + result.thickness;
  result.log_det = std::log(variances.x) + std::log(variances.y) + std::log(variances.z);
  return result;
}

Moments merged(const Moments& a, double weight_a, const Moments& b, double weight_b) {
  const double share_a = weight_a / (weight_a + weight_b), share_b = 1 - share_a;
  Moments result;
  result.mean = share_a * a.mean + share_b * b.mean;
  result.covariance =
      share_a * (a.covariance + outer(a.mean - result.mean)) + share_b * (b.covariance + outer(b.mean - result.mean));
  return result;
}

struct Clusters {
  const SplatCloud& cloud;
  std::vector<Moments> moments;
  std::vector<SplatWeight> weights;
};

Clusters clusters_of(const SplatCloud& cloud, ThreadPool& pool) {
  Clusters result{cloud, std::vector<Moments>(cloud.size()), std::vector<SplatWeight>(cloud.size())};
  pool.parallel_for(cloud.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      result.moments[i] = moments_of(cloud, i);
      result.weights[i] = weight_of(cloud, i);
    }
  });
  return result;
}

// Upper bound of the Kullback-Leibler divergence that merging two of a mixture's Gaussians costs (Runnalls 2007,
// equation 16), and the weighed variance of their colours.
double merge_cost(const Clusters& clusters, size_t i, size_t j) {
  const SplatWeight &a = clusters.weights[i], &b = clusters.weights[j];
  const double weight = a.weight + b.weight;
  Moments both = merged(clusters.moments[i], a.weight, clusters.moments[j], b.weight);
  const double thickness = (a.weight * a.thickness + b.weight * b.thickness) / weight;
  for (int axis = 0; axis < 3; ++axis) both.covariance[axis][axis] += thickness;
  const double log_det = std::log(std::max(glm::determinant(both.covariance), std::numeric_limits<double>::min()));
  const double shape = 0.5 * (weight * log_det - a.weight * a.log_det - b.weight * b.log_det);
  const auto width = static_cast<size_t>(sh_count(clusters.cloud.sh_degree));
  const glm::dvec3 color = static_cast<double>(kShC0) *
                           (glm::dvec3(clusters.cloud.sh[i * width]) - glm::dvec3(clusters.cloud.sh[j * width]));
  return shape + kColorWeight * a.weight * b.weight / weight * glm::dot(color, color);
}

struct PointTree {
  const std::vector<glm::vec3>& points;
  size_t kdtree_get_point_count() const { return points.size(); }
  float kdtree_get_pt(size_t index, size_t axis) const { return points[index][static_cast<int>(axis)]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, PointTree>, PointTree, 3>;

struct Pair {
  double cost = std::numeric_limits<double>::infinity();
  uint32_t first = 0, second = 0;
};

bool before(const Pair& a, const Pair& b) {
  if (a.cost != b.cost) return a.cost < b.cost;
  return a.first != b.first ? a.first < b.first : a.second < b.second;
}

// Of each splat the partner among its neighbours with which merging costs least; cheapest first.
std::vector<Pair> best_pairs(const Clusters& clusters, ThreadPool& pool) {
  const std::vector<glm::vec3>& positions = clusters.cloud.positions;
  const PointTree points{positions};
  const Tree tree(3, points);
  std::vector<Pair> pairs(positions.size());
  pool.parallel_for(positions.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      std::array<uint32_t, kNeighbours + 1> near{};
      std::array<float, kNeighbours + 1> squared{};
      const size_t found = tree.knnSearch(&positions[i].x, near.size(), near.data(), squared.data());
      for (size_t k = 0; k < found; ++k) {
        if (near[k] == i) continue;
        const uint32_t self = static_cast<uint32_t>(i), low = std::min(self, near[k]), high = std::max(self, near[k]);
        const Pair pair{merge_cost(clusters, low, high), low, high};
        if (before(pair, pairs[i])) pairs[i] = pair;
      }
    }
  });
  std::sort(pairs.begin(), pairs.end(), before);
  return pairs;
}

// As much of pictures as both were; what would make it denser than opaque is lost, as it is where splats overlap.
void merge_into(SplatCloud& cloud, const Clusters& clusters, size_t i, size_t j) {
  const double weight_i = clusters.weights[i].weight, weight_j = clusters.weights[j].weight;
  const Moments both = merged(clusters.moments[i], weight_i, clusters.moments[j], weight_j);
  const Svd3 axes = svd_of(both.covariance);
  const glm::dvec3 scales = glm::sqrt(glm::abs(axes.s));
  const glm::dquat q = glm::normalize(glm::quat_cast(axes.u));
  cloud.positions[i] = glm::vec3(both.mean);
  cloud.scales[i] = glm::vec3(scales);
  cloud.rotations_xyzw[i] = glm::vec4(glm::dvec4(q.x, q.y, q.z, q.w));
  const double area = mean_projected_area(scales);
  cloud.opacities[i] = area > 0 ? static_cast<float>(std::min((weight_i + weight_j) / area, 1.0))
                                : std::max(cloud.opacities[i], cloud.opacities[j]);
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  const auto share = static_cast<float>(weight_j / (weight_i + weight_j));
  for (size_t k = 0; k < width; ++k) {
    cloud.sh[i * width + k] = glm::mix(cloud.sh[i * width + k], cloud.sh[j * width + k], share);
  }
}

void remove_splats(SplatCloud& cloud, const std::vector<bool>& gone) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  size_t kept = 0;
  for (size_t i = 0; i < cloud.size(); ++i) {
    if (gone[i]) continue;
    cloud.positions[kept] = cloud.positions[i];
    cloud.scales[kept] = cloud.scales[i];
    cloud.rotations_xyzw[kept] = cloud.rotations_xyzw[i];
    cloud.opacities[kept] = cloud.opacities[i];
    for (size_t k = 0; k < width; ++k) cloud.sh[kept * width + k] = cloud.sh[i * width + k];
    ++kept;
  }
  cloud.resize(kept);
}

// One round: as many of the cheapest pairs without a common splat as are allowed, at most `most`.
void merge_round(SplatCloud& cloud, size_t most, ThreadPool& pool) {
  const SplatCloud source = cloud;
  const Clusters clusters = clusters_of(source, pool);
  std::vector<bool> taken(cloud.size()), gone(cloud.size());
  std::vector<Pair> chosen;
  for (const Pair& pair : best_pairs(clusters, pool)) {
    if (chosen.size() == most) break;
    if (taken[pair.first] || taken[pair.second]) continue;
    taken[pair.first] = taken[pair.second] = gone[pair.second] = true;
    chosen.push_back(pair);
  }
  DIO_CHECK(!chosen.empty());
  pool.parallel_for(chosen.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t k = begin; k < end; ++k) merge_into(cloud, clusters, chosen[k].first, chosen[k].second);
  });
  remove_splats(cloud, gone);
}

}  // namespace

SplatCloud decimate(const SplatCloud& cloud, size_t target, ThreadPool& pool) {
  check_splat_cloud(cloud);
  if (target == 0) fail(ErrorCode::kInvalidInput, "a cloud cannot be decimated to 0 splats, expected 1 or more");
  SplatCloud result = cloud;
  while (result.size() > target) {
    const size_t share = std::max<size_t>(result.size() / kMostPairsShare, 1);
    merge_round(result, std::min(share, result.size() - target), pool);
  }
  return result;
}

}  // namespace diorama
