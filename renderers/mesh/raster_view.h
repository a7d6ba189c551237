#pragma once

#include "assets/asset.h"
#include "engine/raster/triangles.h"

#include <span>
#include <vector>

namespace diorama {

// An asset's meshes as the CPU rasteriser draws them; points into the asset, which must stay.
std::vector<RasterMesh> raster_meshes(const Asset& asset);

// Other meshes with the asset's materials; both must stay.
std::vector<RasterMesh> raster_meshes(std::span<const MeshPart> meshes, const Asset& asset);

// Draws the asset; the camera's world is the asset's frame.
RasterResult render_on_cpu(const Asset& asset, const Camera& camera, const RasterOptions& options, ThreadPool& pool);

}  // namespace diorama
