#pragma once

#include "engine/base/aligned_vector.h"

#include <glm/glm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

inline constexpr size_t kNearestNodes = 5;

// The nearest nodes, the nearest first; of two as near the lower number first.
struct NearestNodes {
  std::array<float, kNearestNodes> distances2{};
  std::array<uint16_t, kNearestNodes> nodes{};
};

// Finds the nearest of a few thousand nodes by looking at all of them. Of points that follow each other in space the
// one before tells how far to look.
class NodeFinder {
 public:
  explicit NodeFinder(std::span<const glm::vec3> nodes);  // kNearestNodes to 65,535

  // `before`: what was found for a point nearby, or null.
  NearestNodes find(glm::vec3 point, const NearestNodes* before) const;

 private:
  float distance2(glm::vec3 point, size_t node) const;

  std::array<AlignedVector<float>, 3> places_;  // padded with infinitely far ones
};

}  // namespace diorama
