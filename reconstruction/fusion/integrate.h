#pragma once

#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/cull.h"
#include "reconstruction/fusion/view.h"

#include <span>

namespace diorama {

struct IntegrateOptions {
  float voxel_m = 0, truncation_m = 0;
  float max_weight = 0;
  bool carve = true;
};

// Adds the view's measurements to every voxel of the active blocks that projects onto one. Per voxel: one gather of
// depth, two divisions, and within two voxels of the surface one gather of colour (and one of the occlusion grid).
void integrate_blocks(const PreparedView& view, const IntegrateOptions& options, std::span<const ActiveBlock> active,
                      BlockGrid& grid);

}  // namespace diorama
