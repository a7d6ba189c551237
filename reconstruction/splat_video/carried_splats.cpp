#include "reconstruction/splat_video/carried_splats.h"

#include "engine/base/error.h"
#include "engine/scene/spherical_harmonics.h"
#include "engine/scene/splat_cloud.h"

namespace diorama {
namespace {

void turn_harmonics(const glm::dquat& turn, SplatLayout layout, std::span<float> record) {
  const ShRotation rotation(glm::mat3_cast(turn));
  const int count = sh_count(layout.sh_degree);
  glm::vec3 coefficients[16]{};
  for (int channel = 0; channel < 3; ++channel) {
    for (int k = 1; k < count; ++k) coefficients[k][channel] = record[layout.rest(channel, k)];
  }
  rotation.apply(std::span(coefficients).first(static_cast<size_t>(count)));
  for (int channel = 0; channel < 3; ++channel) {
    for (int k = 1; k < count; ++k) record[layout.rest(channel, k)] = coefficients[k][channel];
  }
}

// A node's motion as splats are carried by: p' = rotation * (p - rest) + place.
struct FloatNode {
  glm::mat3 rotation{1.0f};
  glm::quat quaternion{1, 0, 0, 0};
  glm::vec3 rest{0.0f}, place{0.0f};
};
using FloatPose = std::vector<FloatNode>;

FloatPose float_pose(const DeformationGraph& graph, const GraphPose& pose) {
  FloatPose result(pose.size());
  for (size_t j = 0; j < pose.size(); ++j) {
    result[j] = {glm::mat3(glm::mat3_cast(pose[j].rotation)), glm::quat(pose[j].rotation), graph.nodes[j],
                 graph.nodes[j] + pose[j].translation};
  }
  return result;
}

// As blended_rotation(), not normalised.
glm::quat blended_sum(const FloatPose& pose, const NodeWeights& weights) {
  const glm::quat first = pose[weights.node[0]].quaternion;
  glm::quat sum(0, 0, 0, 0);
  for (size_t k = 0; k < NodeWeights::kCount; ++k) {
    const glm::quat rotation = pose[weights.node[k]].quaternion;
    sum = sum + rotation * (glm::dot(first, rotation) < 0 ? -weights.weight[k] : weights.weight[k]);
  }
  return sum;
}

}  // namespace

CarriedSplats carried_splats(const DeformationGraph& graph, std::span<const float> records, SplatLayout layout,
                             ThreadPool& pool) {
  CarriedSplats carried;
  for (size_t at = 0; at < records.size(); at += layout.stride()) {
    carried.rest.emplace_back(records[at], records[at + 1], records[at + 2]);
  }
  carried.weights = weights_at(graph, carried.rest, pool);
  return carried;
}

AlignedVector<float> moved(const CarriedSplats& carried, const DeformationGraph& graph, const GraphPose& from,
                           const GraphPose& to, std::span<const float> records, SplatLayout layout, ThreadPool& pool) {
  const size_t stride = layout.stride();
  DIO_CHECK(records.size() == carried.rest.size() * stride);
  AlignedVector<float> result(records.begin(), records.end());
  pool.parallel_for(carried.rest.size(), 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const std::span<float> record(result.data() + i * stride, stride);
      const NodeWeights& weights = carried.weights[i];
      const glm::dquat turn = blended_rotation(to, weights) * glm::conjugate(blended_rotation(from, weights));
      const glm::dvec3 rest = carried.rest[i], place(record[0], record[1], record[2]);
      const glm::dvec3 now = warped(graph, to, weights, rest) + turn * (place - warped(graph, from, weights, rest));
      float* const q = record.data() + SplatLayout::kRotation;
      const glm::dquat turned = glm::normalize(turn * glm::dquat(static_cast<double>(q[3]), static_cast<double>(q[0]),
                                                                 static_cast<double>(q[1]), static_cast<double>(q[2])));
      for (int axis = 0; axis < 3; ++axis) record[static_cast<size_t>(axis)] = static_cast<float>(now[axis]);
      q[0] = static_cast<float>(turned.x);
      q[1] = static_cast<float>(turned.y);
      q[2] = static_cast<float>(turned.z);
      q[3] = static_cast<float>(turned.w);
      if (layout.sh_degree > 0) turn_harmonics(turn, layout, record);
    }
  });
  return result;
}

SplatPull pull_of(std::span<const float> record, std::span<const float> gradient) {
  SplatPull pull{.move = {gradient[0], gradient[1], gradient[2]}};
  const float* const q = record.data() + SplatLayout::kRotation;
  const float* const g = gradient.data() + SplatLayout::kRotation;
  // d q = (turn, 0) q / 2; xyzw.
  pull.turn.x = 0.5f * (g[0] * q[3] - g[1] * q[2] + g[2] * q[1] - g[3] * q[0]);
  pull.turn.y = 0.5f * (g[0] * q[2] + g[1] * q[3] - g[2] * q[0] - g[3] * q[1]);
  pull.turn.z = 0.5f * (-g[0] * q[1] + g[1] * q[0] + g[2] * q[3] - g[3] * q[2]);
  return pull;
}

SplatCarrier::SplatCarrier(const CarriedSplats& carried, const DeformationGraph& graph, const GraphPose& from,
                           std::span<const float> records, SplatLayout layout, ThreadPool& pool)
    : carried_(carried), graph_(graph), layout_(layout), splats_(carried.rest.size()) {
  const size_t stride = layout.stride();
  DIO_CHECK(records.size() == splats_.size() * stride);
  pool.parallel_for(splats_.size(), 512, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* const record = records.data() + i * stride;
      const float* const q = record + SplatLayout::kRotation;
      const NodeWeights& weights = carried.weights[i];
      const glm::dquat back = glm::conjugate(blended_rotation(from, weights));
      const glm::dvec3 place(record[0], record[1], record[2]);
      splats_[i].rotation = glm::quat(back * glm::dquat(glm::quat(q[3], q[0], q[1], q[2])));
      splats_[i].beside = back * (place - warped(graph, from, weights, carried.rest[i]));
    }
  });
  first_share_.assign(graph.nodes.size() + 1, 0);
  const auto each_share = [&](auto&& visit) {
    for (uint32_t i = 0; i < splats_.size(); ++i) {
      for (size_t k = 0; k < NodeWeights::kCount; ++k) {
        const float weight = carried.weights[i].weight[k];
        if (weight > 0) visit(i, carried.weights[i].node[k], weight);
      }
    }
  };
  each_share([&](uint32_t, uint32_t node, float) { ++first_share_[node + 1]; });
  for (size_t j = 0; j < graph.nodes.size(); ++j) first_share_[j + 1] += first_share_[j];
  shares_.resize(first_share_.back());
  std::vector<size_t> next = first_share_;
  each_share([&](uint32_t splat, uint32_t node, float weight) { shares_[next[node]++] = {splat, weight}; });
}

void SplatCarrier::carry(const GraphPose& to, std::span<float> records, ThreadPool& pool) const {
  const FloatPose pose = float_pose(graph_, to);
  const size_t stride = layout_.stride();
  DIO_CHECK(records.size() == splats_.size() * stride);
  pool.parallel_for(splats_.size(), 512, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const NodeWeights& weights = carried_.weights[i];
      const glm::quat blend = glm::normalize(blended_sum(pose, weights));
      glm::vec3 place = blend * splats_[i].beside;
      for (size_t k = 0; k < NodeWeights::kCount; ++k) {
        const FloatNode& node = pose[weights.node[k]];
        place += weights.weight[k] * (node.rotation * (carried_.rest[i] - node.rest) + node.place);
      }
      const glm::quat rotation = blend * splats_[i].rotation;
      float* const record = records.data() + i * stride;
      for (int axis = 0; axis < 3; ++axis) record[axis] = place[axis];
      float* const q = record + SplatLayout::kRotation;
      q[0] = rotation.x;
      q[1] = rotation.y;
      q[2] = rotation.z;
      q[3] = rotation.w;
    }
  });
}

std::vector<NodeStep> SplatCarrier::pulled(const GraphPose& to, std::span<const SplatPull> pulls,
                                           ThreadPool& pool) const {
  DIO_CHECK(pulls.size() == splats_.size());
  const FloatPose pose = float_pose(graph_, to);
  // Pulls at the blended rotation, by splat, and its sum.
  std::vector<glm::quat> sums(splats_.size());
  std::vector<glm::vec3> turns(splats_.size());
  pool.parallel_for(splats_.size(), 512, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      sums[i] = blended_sum(pose, carried_.weights[i]);
      const glm::vec3 beside = glm::normalize(sums[i]) * splats_[i].beside;
      turns[i] = pulls[i].turn + glm::cross(beside, pulls[i].move);
    }
  });
  std::vector<NodeStep> result(to.size());
  pool.parallel_for(to.size(), 8, [&](size_t begin, size_t end) {
    for (size_t j = begin; j < end; ++j) {
      const FloatNode& node = pose[j];
      NodeStep& step = result[j];
      for (size_t at = first_share_[j]; at < first_share_[j + 1]; ++at) {
        const auto [i, weight] = shares_[at];
        const float side = glm::dot(pose[carried_.weights[i].node[0]].quaternion, node.quaternion) < 0 ? -1.0f : 1.0f;
        const glm::quat apart = node.quaternion * glm::conjugate(sums[i]);
        const glm::vec3 arm = node.rotation * (carried_.rest[i] - node.rest);
        const glm::vec3 turn = apart.w * turns[i] + glm::cross(glm::vec3(apart.x, apart.y, apart.z), turns[i]);
        step.move += glm::dvec3(weight * pulls[i].move);
        step.turn += glm::dvec3(weight * (glm::cross(arm, pulls[i].move) + side / glm::dot(sums[i], sums[i]) * turn));
      }
    }
  });
  return result;
}

}  // namespace diorama
