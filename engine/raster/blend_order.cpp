#include "engine/raster/blend_order.h"

#include <algorithm>
#include <numeric>

namespace diorama {

std::vector<size_t> far_to_near(std::span<const glm::vec3> middles, glm::vec3 forward_in_world) {
  std::vector<size_t> order(middles.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return glm::dot(forward_in_world, middles[a]) > glm::dot(forward_in_world, middles[b]);
  });
  return order;
}

}  // namespace diorama
