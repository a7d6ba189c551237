#pragma once

#include "engine/scene/ply_file.h"
#include "engine/scene/splat_cloud.h"

namespace diorama {

// PlayCanvas' compressed PLY: splats of 16 bytes with ranges for each 256 of them, and SH of 8 bits a coefficient.
bool is_compressed_ply(const PlyElement& vertex);

// As stored: rotations are of length 1 but for rounding, values may be not finite. Error kInvalidInput: missing
// properties, chunks or SH that do not fit the number of splats.
SplatCloud read_compressed_ply(const PlyHeader& header, std::span<const std::byte> bytes);

}  // namespace diorama
