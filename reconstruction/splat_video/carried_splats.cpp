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

}  // namespace diorama
