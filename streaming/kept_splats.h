#pragma once

#include "engine/scene/splat_sequence.h"

#include <cstdint>
#include <vector>

namespace diorama {

// How much each splat of a group is seen; any unit.
using SplatWeights = std::vector<double>;

// Opacity times the product of the two longest axes, in the frame where that is most: what a splat covers if nothing is
// in front of it.
SplatWeights covers_of(const SplatGroup& group);

// The splats that are worth their bits, ascending: without those that, the lightest first, make up at most `share` of
// the sum of the weights. A share of 0 keeps all.
std::vector<uint32_t> kept_splats(const SplatWeights& weights, float share);

}  // namespace diorama
