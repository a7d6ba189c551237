#pragma once

#include "engine/scene/splat_cloud.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// The order along a Morton curve through the box of the points, 21 bits an axis: what is near in space is near in the
// order. Entry i tells which point comes i-th; equal codes stay in their order. The points must be finite.
std::vector<uint32_t> morton_order(std::span<const glm::vec3> points);

// The splats that `order` names, in that order.
SplatCloud gathered(const SplatCloud& cloud, std::span<const uint32_t> order);

}  // namespace diorama
