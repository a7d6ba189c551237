#pragma once

#include "renderers/mesh/mesh_geometry.h"

#include <cstdint>
#include <vector>

namespace diorama {

// Indices to draw in one call.
struct IndexRange {
  uint32_t first = 0, count = 0;
};

// The batch's chunks that reach into the view, nearest first, so that early depth tests spare what lies behind; those
// that follow one another in the index buffer are joined.
std::vector<IndexRange> visible_ranges(const MeshGeometry& geometry, const MeshBatch& batch,
                                       const glm::mat4& clip_from_world, glm::vec3 eye_in_world);

}  // namespace diorama
