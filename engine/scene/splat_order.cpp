#include "engine/scene/splat_order.h"

#include "engine/base/error.h"

#include <algorithm>
#include <utility>

namespace diorama {
namespace {

// The 21 low bits, two zeros behind each.
uint64_t spread(uint64_t v) {
  v = (v | v << 32) & 0x001f00000000ffff;
  v = (v | v << 16) & 0x001f0000ff0000ff;
  v = (v | v << 8) & 0x100f00f00f00f00f;
  v = (v | v << 4) & 0x10c30c30c30c30c3;
  return (v | v << 2) & 0x1249249249249249;
}

}  // namespace

std::vector<uint32_t> morton_order(std::span<const glm::vec3> points) {
  Bounds bounds;
  for (const glm::vec3& point : points) bounds.extend(point);
  constexpr double kCells = 0x1fffff;
  std::vector<std::pair<uint64_t, uint32_t>> keys(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    uint64_t key = 0;
    for (int axis = 0; axis < 3; ++axis) {
      const double low = bounds.min[axis], extent = static_cast<double>(bounds.max[axis]) - low;
      const double share = extent > 0 ? (static_cast<double>(points[i][axis]) - low) / extent : 0.0;
      key |= spread(static_cast<uint64_t>(share * kCells)) << (2 - axis);
    }
    keys[i] = {key, static_cast<uint32_t>(i)};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<uint32_t> order(points.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = keys[i].second;
  return order;
}

SplatCloud gathered(const SplatCloud& cloud, std::span<const uint32_t> order) {
  SplatCloud result;
  result.sh_degree = cloud.sh_degree;
  result.resize(order.size());
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t from = order[i];
    DIO_CHECK(from < cloud.size());
    result.positions[i] = cloud.positions[from];
    result.scales[i] = cloud.scales[from];
    result.rotations_xyzw[i] = cloud.rotations_xyzw[from];
    result.opacities[i] = cloud.opacities[from];
    std::copy_n(cloud.sh.data() + from * width, width, result.sh.data() + i * width);
  }
  return result;
}

}  // namespace diorama
