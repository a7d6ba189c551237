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

// Values below the first edge or above the last count to the bin there.
SplatHistogram histogram_of(const std::vector<float>& values, std::vector<float> edges) {
  SplatHistogram histogram{std::move(edges), {}};
  histogram.counts.resize(histogram.edges.size() - 1);
  for (const float value : values) {
    const auto above = std::upper_bound(histogram.edges.begin() + 1, histogram.edges.end() - 1, value);
    ++histogram.counts[static_cast<size_t>(above - histogram.edges.begin()) - 1];
  }
  return histogram;
}

// Edges 1, 2 and 5 times powers of ten around all values; at most that many bins, the rest counts to the first.
std::vector<float> decade_edges(const std::vector<float>& values) {
  constexpr size_t kMostBins = 15;
  constexpr double kSteps[] = {1, 2, 5};
  const double largest = std::max(static_cast<double>(*std::max_element(values.begin(), values.end())), 1e-9);
  const double smallest = std::max(static_cast<double>(*std::min_element(values.begin(), values.end())), 1e-9);
  const auto edge = [&](int i) {
    const int decade = (i >= 0 ? i : i - 2) / 3;
    return static_cast<float>(kSteps[i - 3 * decade] * std::pow(10.0, decade));
  };
  int top = 3 * static_cast<int>(std::ceil(std::log10(largest)) + 1);
  while (static_cast<double>(edge(top - 1)) >= largest) --top;
  std::vector<float> edges = {edge(top)};
  while (edges.size() <= kMostBins && static_cast<double>(edges.back()) > smallest) edges.push_back(edge(--top));
  if (edges.size() == 1) edges.push_back(edge(--top));
  std::reverse(edges.begin(), edges.end());
  return edges;
}

// Spherical harmonics are orthonormal: the mean square over the sphere is the sum of squares by 4 pi.
float view_dependence(const SplatCloud& cloud, size_t i) {
  constexpr double kSphere = 4 * 3.14159265358979323846;
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  double sum = 0;
  for (size_t k = 1; k < width; ++k) {
    const glm::dvec3 c(cloud.sh[i * width + k]);
    sum += glm::dot(c, c);
  }
  return static_cast<float>(std::sqrt(sum / (3 * kSphere)));
}

void add_histograms(const Asset& asset, const std::vector<float>& opacities, const std::vector<float>& longest_m,
                    SplatSummary& summary) {
  summary.opacity_histogram = histogram_of(opacities, {0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f, 1});
  summary.size_histogram = histogram_of(longest_m, decade_edges(longest_m));
  if (summary.sh_degree == 0) return;
  std::vector<float> dependence;
  for (const SplatPart& part : asset.splats) {
    for (size_t i = 0; i < part.cloud.size(); ++i) dependence.push_back(view_dependence(part.cloud, i));
  }
  summary.sh_histogram = histogram_of(dependence, {0, 0.005f, 0.01f, 0.02f, 0.05f, 0.1f, 0.2f, 0.5f, 1});
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
  add_histograms(asset, opacities, longest_m, summary);
  summary.opacity = quantiles_of(std::move(opacities));
  summary.longest_m = quantiles_of(std::move(longest_m));
  summary.shortest_m = quantiles_of(std::move(shortest_m));
  return summary;
}

}  // namespace diorama
