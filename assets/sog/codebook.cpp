#include "assets/sog/codebook.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kLevels = 256;
constexpr size_t kMostValues = size_t{1} << 20;  // enough to place 256 levels
constexpr int kIterations = 40;

using Levels = std::array<double, kLevels>;

// Levels as dense as the cube root of the values' density.
Levels start_levels(const std::vector<float>& sorted) {
  constexpr size_t kBins = 1024;
  const double low = sorted.front(), extent = static_cast<double>(sorted.back()) - low;
  std::array<double, kBins> cumulative{};
  for (const float value : sorted) {
    const double share = (static_cast<double>(value) - low) / extent;
    cumulative[std::min(static_cast<size_t>(share * kBins), kBins - 1)] += 1;
  }
  double sum = 0;
  for (double& bin : cumulative) bin = sum += std::cbrt(bin);
  Levels levels{};
  size_t bin = 0;
  for (size_t k = 0; k < kLevels; ++k) {
    const double wanted = sum * (static_cast<double>(k) + 0.5) / kLevels;
    while (bin + 1 < kBins && cumulative[bin] < wanted) ++bin;
    const double before = bin == 0 ? 0.0 : cumulative[bin - 1], width = cumulative[bin] - before;
    const double inside = width > 0 ? (wanted - before) / width : 0.5;
    levels[k] = low + extent * (static_cast<double>(bin) + inside) / kBins;
  }
  return levels;
}

// Every level moves to the mean of the values that are nearest to it.
void improve(Levels& levels, const std::vector<float>& sorted, const std::vector<double>& sums) {
  size_t first = 0;
  for (size_t k = 0; k < kLevels; ++k) {
    size_t last = sorted.size();
    if (k + 1 < kLevels) {
      const auto middle = static_cast<float>((levels[k] + levels[k + 1]) / 2);
      last = static_cast<size_t>(
          std::upper_bound(sorted.begin() + static_cast<ptrdiff_t>(first), sorted.end(), middle) - sorted.begin());
    }
    if (last > first) levels[k] = (sums[last] - sums[first]) / static_cast<double>(last - first);
    first = last;
  }
}

Levels fitted_levels(const std::vector<float>& sorted) {
  std::vector<double> sums(sorted.size() + 1);
  for (size_t i = 0; i < sorted.size(); ++i) sums[i + 1] = sums[i] + static_cast<double>(sorted[i]);
  Levels levels = start_levels(sorted);
  for (int i = 0; i < kIterations; ++i) improve(levels, sorted, sums);
  std::sort(levels.begin(), levels.end());
  return levels;
}

}  // namespace

Codebook::Codebook(std::vector<float> values) {
  DIO_CHECK(!values.empty());
  if (values.size() > kMostValues) {
    const size_t step = values.size() / kMostValues + 1;
    size_t kept = 0;
    for (size_t i = 0; i < values.size(); i += step) values[kept++] = values[i];
    values.resize(kept);
  }
  std::sort(values.begin(), values.end());
  std::vector<float> distinct;
  std::unique_copy(values.begin(), values.end(), std::back_inserter(distinct));
  if (distinct.size() <= kLevels) {
    std::fill(std::copy(distinct.begin(), distinct.end(), levels_.begin()), levels_.end(), distinct.back());
  } else {
    const Levels levels = fitted_levels(values);
    std::transform(levels.begin(), levels.end(), levels_.begin(),
                   [](double level) { return static_cast<float>(level); });
  }
  for (size_t k = 0; k < middles_.size(); ++k) middles_[k] = levels_[k] + (levels_[k + 1] - levels_[k]) / 2;
}

uint8_t Codebook::nearest(float value) const {
  return static_cast<uint8_t>(std::lower_bound(middles_.begin(), middles_.end(), value) - middles_.begin());
}

}  // namespace diorama
