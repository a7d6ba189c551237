#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/mesh.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/tsdf_volume.h"

namespace diorama {

// Marching cubes over all blocks (Lorensen and Cline 1987, own case table). A vertex belongs to the lower voxel of its
// edge; vertices are numbered by block, then by edge, so the mesh is the same for any thread count.
Mesh extract_mesh(const BlockGrid& grid, const FusionOptions& fusion, const ExtractOptions& options, ThreadPool& pool);

}  // namespace diorama
