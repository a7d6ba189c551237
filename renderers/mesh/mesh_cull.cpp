#include "renderers/mesh/mesh_cull.h"

#include <algorithm>
#include <array>
#include <utility>

namespace diorama {
namespace {

// Sides of the view: a point p is inside where dot(side, (p, 1)) >= 0. Depth is reversed with the far plane at
// infinity, so there is none.
std::array<glm::vec4, 5> sides_of(const glm::mat4& clip_from_world) {
  const glm::mat4 rows = glm::transpose(clip_from_world);
  return {rows[3] + rows[0], rows[3] - rows[0], rows[3] + rows[1], rows[3] - rows[1], rows[3] - rows[2]};
}

bool reaches_into(const Bounds& box, const std::array<glm::vec4, 5>& sides) {
  return std::all_of(sides.begin(), sides.end(), [&](const glm::vec4& side) {
    const glm::vec3 normal(side);
    const glm::vec3 inmost = glm::mix(box.min, box.max, glm::greaterThan(normal, glm::vec3(0.0f)));
    return glm::dot(normal, inmost) + side.w >= 0.0f;
  });
}

float distance2(const Bounds& box, glm::vec3 point) {
  const glm::vec3 d = point - glm::clamp(point, box.min, box.max);
  return glm::dot(d, d);
}

}  // namespace

std::vector<IndexRange> visible_ranges(const MeshGeometry& geometry, const MeshBatch& batch,
                                       const glm::mat4& clip_from_world, glm::vec3 eye_in_world) {
  const std::array<glm::vec4, 5> sides = sides_of(clip_from_world);
  std::vector<std::pair<float, uint32_t>> near_first;
  for (uint32_t i = batch.first_chunk; i < batch.first_chunk + batch.chunk_count; ++i) {
    const Bounds& box = geometry.chunks[i].bounds;
    if (reaches_into(box, sides)) near_first.emplace_back(distance2(box, eye_in_world), i);
  }
  std::sort(near_first.begin(), near_first.end());
  std::vector<IndexRange> ranges;
  for (const auto& [distance, i] : near_first) {
    const MeshChunk& chunk = geometry.chunks[i];
    if (!ranges.empty() && ranges.back().first + ranges.back().count == chunk.first_index) {
      ranges.back().count += chunk.index_count;
    } else {
      ranges.push_back({chunk.first_index, chunk.index_count});
    }
  }
  return ranges;
}

}  // namespace diorama
