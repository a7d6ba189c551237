#include "reconstruction/fusion/padded_block.h"

#include <glm/gtc/packing.hpp>

#include <cmath>
#include <limits>

namespace diorama {
namespace {

struct Span {
  int begin, end;  // of the padded block, relative to its own block
};

Span span_of(int neighbour) {
  if (neighbour < 0) return {PaddedBlock::kLow, 0};
  if (neighbour > 0) return {kBlockEdge, PaddedBlock::kLow + PaddedBlock::kEdge};
  return {0, kBlockEdge};
}

float distance_of(const BlockGeometry& geometry, int voxel, float min_weight) {
  const auto at = static_cast<size_t>(voxel);
  if (geometry.weight_f16[at] == 0 || !(glm::unpackHalf1x16(geometry.weight_f16[at]) >= min_weight)) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  return static_cast<float>(geometry.distance[at]) / 32767.0f;
}

}  // namespace

void PaddedBlock::load(const BlockGrid& grid, size_t block, float min_weight) {
  values_.fill(std::numeric_limits<float>::quiet_NaN());
  const glm::ivec3 own = grid.coord(block);
  for (int n = 0; n < 27; ++n) {
    const glm::ivec3 side(n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1);
    if (!BlockGrid::in_range(own + side)) continue;
    const auto neighbour = grid.find(own + side);
    if (!neighbour) continue;
    const BlockGeometry& geometry = grid.geometry(*neighbour);
    const Span xs = span_of(side.x), ys = span_of(side.y), zs = span_of(side.z);
    const glm::ivec3 shift = side * kBlockEdge;
    for (int z = zs.begin; z < zs.end; ++z) {
      for (int y = ys.begin; y < ys.end; ++y) {
        for (int x = xs.begin; x < xs.end; ++x) {
          values_[index({x, y, z})] =
              distance_of(geometry, voxel_index(x - shift.x, y - shift.y, z - shift.z), min_weight);
        }
      }
    }
  }
}

glm::vec3 PaddedBlock::gradient(glm::ivec3 p) const {
  glm::vec3 result(0.0f);
  for (int axis = 0; axis < 3; ++axis) {
    glm::ivec3 step(0);
    step[axis] = 1;
    const float before = at(p) - at(p - step), after = at(p + step) - at(p);
    if (std::isnan(before)) {
      result[axis] = std::isnan(after) ? 0 : after;
    } else {
      result[axis] = std::isnan(after) ? before : (before + after) / 2;
    }
  }
  return result;
}

}  // namespace diorama
