#pragma once

#include "engine/base/thread_pool.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/tsdf_volume.h"
#include "reconstruction/fusion/view.h"

namespace diorama {

// Packs depth (limits, discontinuities, confidence, mask), its tiles' extremes and the colour, and inserts the blocks
// that the band around the measured surface touches.
void prepare_view(const FusionView& view, const FusionOptions& options, BlockGrid& grid, ThreadPool& pool,
                  PreparedView& prepared);

}  // namespace diorama
