#include "assets/splat_summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

SplatQuantiles quantiles_of(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  SplatQuantiles quantiles{};
  for (size_t i = 0; i < quantiles.size(); ++i) {
    quantiles[i] =
        values[static_cast<size_t>(std::lround(kSplatQuantiles[i] * static_cast<double>(values.size() - 1)))];
  }
  return quantiles;
}

}  // namespace

std::optional<SplatSummary> summarize_splats(const Asset& asset) {
  SplatSummary summary;
  std::vector<float> opacities, longest_m, shortest_m;
  for (const SplatPart& part : asset.splats) {
    ++summary.clouds;
    summary.splats += part.cloud.size();
    summary.sh_degree = std::max(summary.sh_degree, part.cloud.sh_degree);
    opacities.insert(opacities.end(), part.cloud.opacities.begin(), part.cloud.opacities.end());
    for (const glm::vec3& scale : part.cloud.scales) {
      longest_m.push_back(std::max({scale.x, scale.y, scale.z}));
      shortest_m.push_back(std::min({scale.x, scale.y, scale.z}));
    }
  }
  if (summary.splats == 0) return std::nullopt;
  summary.antialiased = asset.record && asset.record->antialiased;
  summary.opacity = quantiles_of(std::move(opacities));
  summary.longest_m = quantiles_of(std::move(longest_m));
  summary.shortest_m = quantiles_of(std::move(shortest_m));
  return summary;
}

}  // namespace diorama
