#pragma once

#include "assets/asset.h"

#include <array>
#include <optional>

namespace diorama {

// Shares of the splats that have at most the value beside: the least, the median and the largest among them.
inline constexpr std::array kSplatQuantiles = {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};
using SplatQuantiles = std::array<float, kSplatQuantiles.size()>;

// What the splats of an asset are like, all clouds together.
struct SplatSummary {
  size_t clouds = 0, splats = 0;
  int sh_degree = 0;  // the highest
  bool antialiased = false;
  SplatQuantiles opacity{};
  SplatQuantiles longest_m{}, shortest_m{};  // largest and smallest of the three standard deviations
};

std::optional<SplatSummary> summarize_splats(const Asset& asset);  // nothing where there are none

}  // namespace diorama
