#pragma once

#include "assets/asset.h"

#include <array>
#include <optional>
#include <vector>

namespace diorama {

// Shares of the splats that have at most the value beside: the least, the median and the largest among them.
inline constexpr std::array kSplatQuantiles = {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};
using SplatQuantiles = std::array<float, kSplatQuantiles.size()>;

// How many values lie from each edge to the next; the last bin holds its upper edge, too.
struct SplatHistogram {
  std::vector<float> edges;    // one more than counts
  std::vector<size_t> counts;  // all splats
};

// What the splats of an asset are like, all clouds together.
struct SplatSummary {
  size_t clouds = 0, splats = 0;
  int sh_degree = 0;  // the highest
  bool antialiased = false;
  SplatQuantiles opacity{};
  SplatQuantiles longest_m{}, shortest_m{};  // largest and smallest of the three standard deviations
  // By opacity, by the longest standard deviation, and by how much the colour depends on the view: the standard
  // deviation of the SH sum over all directions, [0, 1] of display colour. The last is empty at SH degree 0.
  SplatHistogram opacity_histogram, size_histogram, sh_histogram;
};

std::optional<SplatSummary> summarize_splats(const Asset& asset);  // nothing where there are none

}  // namespace diorama
