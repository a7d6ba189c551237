#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/view.h"

#include <vector>

namespace diorama {

struct ActiveBlock {
  uint32_t block = 0;
  bool inside = false;  // every voxel projects into the depth image: no need to test
};

struct CullOptions {
  float voxel_m = 0, truncation_m = 0;
  bool carve = true;  // blocks wholly in front of the surface count too
};

// Blocks with voxels that the view may change, in ascending order. `active` is overwritten.
class BlockCuller {
 public:
  void cull(const BlockGrid& grid, const PreparedView& view, const CullOptions& options, ThreadPool& pool,
            std::vector<ActiveBlock>& active);

 private:
  std::vector<std::vector<ActiveBlock>> pieces_;
};

// Corner of the box of a block's voxel centres that is nearest the origin, and its edge, as homogeneous pixels.
struct BlockProjector {
  BlockProjector(const Projection& projection, float voxel_m)
      : matrix(projection.matrix * voxel_m), offset(projection.offset + matrix * glm::vec3(0.5f)) {}

  // Homogeneous pixel of the centre of voxel (0, 0, 0); one voxel further along an axis adds that column of `matrix`.
  glm::vec3 first_voxel(glm::ivec3 coord) const { return matrix * glm::vec3(coord * kBlockEdge) + offset; }

  glm::mat3 matrix;
  glm::vec3 offset;
};

}  // namespace diorama
