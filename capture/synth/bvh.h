#pragma once

#include "capture/synth/geometry.h"

#include <glm/glm.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// First hit of a ray with a set of triangles.
struct SynthBvhHit {
  float t = 0;
  uint32_t triangle = UINT32_MAX;    // none
  float weight_b = 0, weight_c = 0;  // barycentric weights of the second and third corner
  explicit operator bool() const { return triangle != UINT32_MAX; }
};

// Four-wide bounding volume hierarchy over triangles: binned surface area heuristic (Wald 2007), collapsed to four
// children, boxes and triangles tested four at a time.
class SynthBvh {
 public:
  // Everything of four children, or of four triangles.
  struct Node {
    alignas(16) std::array<std::array<float, 4>, 3> min, max;
    // >= 0: a node; below: leaf, triangles of pack ~child. Children that are not there are far away.
    std::array<int32_t, 4> child;
  };
  struct Pack {
    alignas(16) std::array<std::array<float, 4>, 3> corner, edge_b, edge_c;  // unused lanes have no area
    std::array<uint32_t, 4> triangle;
  };

  SynthBvh() = default;
  explicit SynthBvh(const SynthGeometry& geometry);

  // Nearest hit with 0 < t < t_max.
  SynthBvhHit closest(glm::vec3 origin, glm::vec3 direction, float t_max) const;
  // Whether anything lies in 0 < t < t_max.
  bool occluded(glm::vec3 origin, glm::vec3 direction, float t_max) const;
  // Distance from a point to the nearest triangle.
  float distance(glm::vec3 point) const;

  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Pack> packs() const { return packs_; }

 private:
  std::vector<Node> nodes_;
  std::vector<Pack> packs_;
};

}  // namespace diorama
