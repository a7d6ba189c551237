#include "streaming/node_motion.h"

#include "engine/base/error.h"
#include "engine/scene/svd3.h"
#include "streaming/nearest_nodes.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace diorama {
namespace {

constexpr float kLeastReach_m = 1e-9f;
constexpr size_t kGrain = 256;

glm::quat to_quat(glm::vec4 xyzw) {
  return {xyzw.w, xyzw.x, xyzw.y, xyzw.z};
}
glm::vec4 to_xyzw(const glm::quat& q) {
  return {q.x, q.y, q.z, q.w};
}

SplatNodes nodes_of(const NearestNodes& nearest) {
  const float reach = std::sqrt(nearest.distances2.back()) + kLeastReach_m;
  SplatNodes result;
  float sum = 0;
  for (size_t k = 0; k < kNodesOfSplat; ++k) {
    const float share = 1 - std::sqrt(nearest.distances2[k]) / reach;
    result.nodes[k] = nearest.nodes[k];
    result.weights[k] = share * share;
    sum += result.weights[k];
  }
  for (float& weight : result.weights) weight /= sum;
  return result;
}

// Sums of a node's splats, weighted.
struct Moments {
  double weight = 0;
  glm::dvec3 from{0}, to{0};
  glm::dmat3 product{0.0};  // of to and from
};

NodeTransform rigid_of(const Moments& m, glm::dvec3 place) {
  const glm::dvec3 from = m.from / m.weight, to = m.to / m.weight;
  const glm::dmat3 covariance = m.product / m.weight - glm::outerProduct(to, from);
  const Svd3 svd = svd_of(covariance);
  glm::dmat3 rotation(1.0);
  // Of points on a line or in one place the rotation is anyone's guess; so is a plane's, but for its sign.
  glm::dvec3 values = glm::abs(svd.s);
  std::sort(&values.x, &values.x + 3);
  if (values.y > 1e-6 * values.z && values.z > 0) {
    glm::dmat3 v = svd.v;
    int least = 0;
    for (int i = 1; i < 3; ++i) least = std::abs(svd.s[i]) < std::abs(svd.s[least]) ? i : least;
    glm::dmat3 u = svd.u;
    for (int i = 0; i < 3; ++i) u[i] *= svd.s[i] < 0 ? -1.0 : 1.0;
    rotation = u * glm::transpose(v);
    if (glm::determinant(rotation) < 0) {
      u[least] = -u[least];
      rotation = u * glm::transpose(v);
    }
  }
  const glm::dvec3 shift = to - from + (from - place) - rotation * (from - place);
  glm::quat q = glm::normalize(glm::quat(glm::quat_cast(rotation)));
  if (q.w < 0) q = -q;
  return {to_xyzw(q), glm::vec3(shift)};
}

}  // namespace

NodeMotion::NodeMotion(std::span<const glm::vec3> base, size_t node_count, ThreadPool& pool)
    : base_(base.begin(), base.end()), node_count_(node_count) {
  DIO_CHECK(node_count == 0 || (node_count >= kLeastNodes && node_count <= base.size() && node_count <= 65535));
  if (node_count == 0) return;
  splats_.resize(base.size());
  const NodeFinder finder(base.first(node_count));
  pool.parallel_for(base.size(), kGrain, [&](size_t begin, size_t end) {
    NearestNodes nearest;
    for (size_t i = begin; i < end; ++i) {
      nearest = finder.find(base[i], i > begin ? &nearest : nullptr);
      splats_[i] = nodes_of(nearest);
    }
  });
}

PredictedMotion NodeMotion::predict(size_t splat, std::span<const NodeTransform> transforms) const {
  const glm::vec3 base = base_[splat];
  if (node_count_ == 0) return {base, {0, 0, 0, 1}};
  const SplatNodes& nodes = splats_[splat];
  const glm::vec4 heaviest = transforms[nodes.nodes[0]].rotation_xyzw;
  glm::vec3 position(0);
  glm::vec4 rotation(0);
  for (size_t k = 0; k < kNodesOfSplat; ++k) {
    const NodeTransform& transform = transforms[nodes.nodes[k]];
    const glm::vec3 place = base_[nodes.nodes[k]];
    const float weight = nodes.weights[k];
    position += weight * (to_quat(transform.rotation_xyzw) * (base - place) + place + transform.shift_m);
    const float side = glm::dot(transform.rotation_xyzw, heaviest) < 0 ? -weight : weight;
    rotation += side * transform.rotation_xyzw;
  }
  return {position, glm::normalize(rotation)};
}

std::vector<uint32_t> spread_splats(std::span<const glm::vec3> positions, size_t count) {
  DIO_CHECK(count <= positions.size());
  std::vector<float> distances2(positions.size(), std::numeric_limits<float>::infinity());
  std::vector<uint32_t> chosen;
  size_t next = 0;
  while (chosen.size() < count) {
    chosen.push_back(static_cast<uint32_t>(next));
    const glm::vec3 place = positions[next];
    float farthest = -1;
    for (size_t i = 0; i < positions.size(); ++i) {
      const glm::vec3 d = positions[i] - place;
      distances2[i] = std::min(distances2[i], glm::dot(d, d));
      if (distances2[i] > farthest) {
        farthest = distances2[i];
        next = i;
      }
    }
  }
  return chosen;
}

std::vector<NodeTransform> fit_transforms(const NodeMotion& motion, std::span<const glm::vec3> base,
                                          std::span<const glm::vec3> positions) {
  std::vector<Moments> moments(motion.node_count());
  for (size_t i = 0; i < motion.splats().size(); ++i) {
    const SplatNodes& nodes = motion.splats()[i];
    const glm::dvec3 from(base[i]), to(positions[i]);
    for (size_t k = 0; k < kNodesOfSplat; ++k) {
      Moments& m = moments[nodes.nodes[k]];
      const double weight = nodes.weights[k];
      m.weight += weight;
      m.from += weight * from;
      m.to += weight * to;
      m.product += weight * glm::outerProduct(to, from);
    }
  }
  std::vector<NodeTransform> transforms;
  transforms.reserve(moments.size());
  for (size_t node = 0; node < moments.size(); ++node) transforms.push_back(rigid_of(moments[node], base[node]));
  return transforms;
}

}  // namespace diorama
