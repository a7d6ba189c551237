#pragma once

#include "assets/asset.h"
#include "engine/raster/triangles.h"

#include <map>
#include <span>
#include <utility>
#include <vector>

namespace diorama {

// Smaller levels of an asset's textures for the rasteriser: by texture, and whether it is colour or data.
using AssetMips = std::map<std::pair<size_t, TextureKind>, MipChain>;

// Those that its materials use.
AssetMips make_asset_mips(const Asset& asset, ThreadPool& pool);

// An asset's meshes as the CPU rasteriser draws them; points into the asset and the mips, which must stay. Without mips
// textures are bilinear.
std::vector<RasterMesh> raster_meshes(const Asset& asset, const AssetMips* mips = nullptr);

// Other meshes with the asset's materials; all must stay.
std::vector<RasterMesh> raster_meshes(std::span<const MeshPart> meshes, const Asset& asset,
                                      const AssetMips* mips = nullptr);

// Draws the asset with mips; the camera's world is the asset's frame.
RasterResult render_on_cpu(const Asset& asset, const Camera& camera, const RasterOptions& options, ThreadPool& pool);

}  // namespace diorama
