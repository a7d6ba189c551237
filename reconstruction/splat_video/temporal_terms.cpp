#include "reconstruction/splat_video/temporal_terms.h"

#include "engine/base/error.h"
#include "reconstruction/splat_video/point_tree.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

// Steps of a coded parameter: 8 bits over what a scene's splats span.
constexpr float kPositionStep_m = 1e-3f;
constexpr float kOpacityStep = 0.05f;  // of the logit
constexpr float kScaleStep = 0.024f;   // of the logarithm: exp(6) in 255 steps
constexpr float kRotationStep = 2.0f / 255;
constexpr float kColorStep = 3.5f / 255;
constexpr float kRestStep = 2.0f / 255;

std::vector<float> inverse_steps(SplatLayout layout) {
  std::vector<float> inverse(layout.stride(), 0.0f);
  const auto set = [&](size_t first, size_t count, float step) {
    std::fill_n(inverse.begin() + static_cast<ptrdiff_t>(first), count, 1 / step);
  };
  set(SplatLayout::kPosition, 3, kPositionStep_m);
  set(SplatLayout::kOpacity, 1, kOpacityStep);
  set(SplatLayout::kLogScale, 3, kScaleStep);
  set(SplatLayout::kRotation, 4, kRotationStep);
  set(SplatLayout::kColor, 3, kColorStep);
  if (layout.sh_degree > 0) set(SplatLayout::kRest, 3 * layout.rest_stride(), kRestStep);
  return inverse;
}

glm::vec3 position_in(std::span<const float> records, size_t stride, size_t splat) {
  const float* const at = records.data() + splat * stride + SplatLayout::kPosition;
  return {at[0], at[1], at[2]};
}

}  // namespace

SplatNeighbours neighbours_of(std::span<const float> records, SplatLayout layout, size_t count) {
  const size_t splats = records.size() / layout.stride();
  std::vector<glm::vec3> points;
  for (size_t i = 0; i < splats; ++i) points.push_back(position_in(records, layout.stride(), i));
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  if (splats > 1) {
    const PointTree tree(points);
    std::vector<uint32_t> indices(std::min(count + 1, splats));
    std::vector<float> squared(indices.size());
    for (uint32_t i = 0; i < splats; ++i) {
      const size_t found = tree.nearest(points[i], indices, squared);
      for (size_t k = 0; k < found; ++k) {
        if (indices[k] == i) continue;
        pairs.emplace_back(i, indices[k]);
        pairs.emplace_back(indices[k], i);
      }
    }
  }
  std::ranges::sort(pairs);
  const auto repeated = std::ranges::unique(pairs);
  pairs.erase(repeated.begin(), repeated.end());
  SplatNeighbours result;
  result.first.assign(splats + 1, 0);
  for (const auto& [from, to] : pairs) {
    ++result.first[from + 1];
    result.list.push_back(to);
  }
  for (size_t i = 0; i < splats; ++i) result.first[i + 1] += result.first[i];
  return result;
}

TemporalTerms::TemporalTerms(std::span<const float> anchor, SplatLayout layout, const SplatNeighbours& neighbours,
                             const TemporalWeights& weights)
    : anchor_(anchor),
      layout_(layout),
      neighbours_(neighbours),
      weights_(weights),
      inverse_steps_(inverse_steps(layout)) {
  const size_t count = anchor.size() / layout.stride();
  DIO_CHECK(neighbours.first.size() == count + 1);
  inverse_count_ = 1.0f / static_cast<float>(std::max<size_t>(count, 1));
}

double TemporalTerms::energy(std::span<const float> records) const {
  DIO_CHECK(records.size() == anchor_.size());
  const size_t stride = layout_.stride(), count = records.size() / stride;
  double sum = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const size_t field = i % stride;
    const double r = static_cast<double>(records[i] - anchor_[i]) * static_cast<double>(inverse_steps_[field]);
    sum += static_cast<double>(weights_.temporal) * r * r;
    if (field >= SplatLayout::kOpacity) sum += static_cast<double>(weights_.entropy) * 0.5 * std::log2(1 + r * r);
  }
  const auto change = [&](size_t splat) {
    return (position_in(records, stride, splat) - position_in(anchor_, stride, splat)) / kPositionStep_m;
  };
  for (size_t i = 0; i < count; ++i) {
    for (const uint32_t k : neighbours_.of(i)) {
      const glm::dvec3 apart = change(i) - change(k);
      sum += static_cast<double>(weights_.rigidity) * glm::dot(apart, apart);
    }
  }
  return sum * static_cast<double>(inverse_count_);
}

void TemporalTerms::add_gradient(size_t splat, std::span<const float> record, std::span<const glm::vec3> positions,
                                 std::span<float> gradient) const {
  const size_t stride = layout_.stride();
  const float* const anchor = anchor_.data() + splat * stride;
  const float temporal = 2 * weights_.temporal * inverse_count_;
  const float entropy = weights_.entropy * inverse_count_ / std::numbers::ln2_v<float>;
  for (size_t k = 0; k < stride; ++k) {
    const float r = (record[k] - anchor[k]) * inverse_steps_[k];
    const float coded = k >= SplatLayout::kOpacity ? entropy * r / (1 + r * r) : 0.0f;
    gradient[k] += (temporal * r + coded) * inverse_steps_[k];
  }
  const glm::vec3 own = positions[splat] - position_in(anchor_, stride, splat);
  glm::vec3 apart(0);
  for (const uint32_t k : neighbours_.of(splat)) apart += own - (positions[k] - position_in(anchor_, stride, k));
  // Each pair stands in the sum twice.
  const float scale = 4 * weights_.rigidity * inverse_count_ / (kPositionStep_m * kPositionStep_m);
  for (int axis = 0; axis < 3; ++axis)
    gradient[SplatLayout::kPosition + static_cast<size_t>(axis)] += scale * apart[axis];
}

}  // namespace diorama
