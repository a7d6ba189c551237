#pragma once

#include "assets/asset.h"
#include "engine/scene/camera.h"

namespace diorama {

// A wavy, vertex-coloured sheet of n x n squares around the origin, 2 m wide, facing +Z, with normals and texture
// coordinates.
Mesh wavy_sheet(int n);

// The sheet at time 0 with one unlit, double-sided material.
Asset unlit_asset(Mesh mesh);

// Noise of 4x4 texel blocks, opaque, or with alpha 0 and 255 by block.
ImageRgba8 block_texture(glm::ivec2 size_px, bool with_alpha);

// 160x120, looking at the origin from `distance_m` in front of the sheet, a little from the side; the principal point
// is off the middle.
Camera camera_before(float distance_m);

}  // namespace diorama
