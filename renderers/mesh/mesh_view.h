#pragma once

#include "engine/gpu/buffer.h"
#include "engine/raster/triangles.h"
#include "renderers/mesh/mesh_geometry.h"

#include <cstddef>
#include <span>

namespace diorama {

// Vulkan's clip space from the asset's frame: depth near_m / z, the far plane at infinity. Made in double precision.
glm::mat4 mesh_clip_from_world(const Camera& camera, float near_m);

// Indices of all blended parts, one after another, each far to near.
void sort_blended(const MeshGeometry& geometry, const Camera& camera, const Buffer& indices);

// The pictures as the device left them: sRGB with coverage as alpha, and reversed depth.
void unpack_color(std::span<const std::byte> bytes, glm::ivec2 size_px, int samples, RasterResult& result);
ImageF32 unpack_depth(std::span<const std::byte> bytes, glm::ivec2 size_px, float near_m);

}  // namespace diorama
