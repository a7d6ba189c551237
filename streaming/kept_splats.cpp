#include "streaming/kept_splats.h"

#include <algorithm>
#include <numeric>

namespace diorama {
namespace {

double cover_of(const SplatCloud& cloud, size_t i) {
  const glm::vec3 s = cloud.scales[i];
  const float most_area = std::max({s.x * s.y, s.y * s.z, s.z * s.x});
  return static_cast<double>(cloud.opacities[i]) * static_cast<double>(most_area);
}

}  // namespace

SplatWeights covers_of(const SplatGroup& group) {
  SplatWeights covers(group.splat_count());
  for (const SplatCloud& cloud : group.frames) {
    for (size_t i = 0; i < covers.size(); ++i) covers[i] = std::max(covers[i], cover_of(cloud, i));
  }
  return covers;
}

std::vector<uint32_t> kept_splats(const SplatWeights& weights, float share) {
  std::vector<uint32_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0u);
  if (!(share > 0)) return order;
  const double most = static_cast<double>(share) * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return weights[a] < weights[b]; });
  double left_out = 0;
  size_t first = 0;
  while (first < order.size() && left_out + weights[order[first]] <= most) left_out += weights[order[first++]];
  order.erase(order.begin(), order.begin() + static_cast<ptrdiff_t>(first));
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace diorama
