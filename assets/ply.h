#pragma once

#include "assets/asset.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// The PLY of 3DGS (Kerbl et al. 2023): a row a splat, opacity as logit, scales as logarithms, f_rest channel by
// channel. It carries no frame. Files by others are taken as they are, in their own axes (usually x right, y down, z
// forward). Ours hold the capture's frame and, in comments, the asset's record, by which reading gives the asset again.

// Text or binary of either byte order, and PlayCanvas' compressed PLY; properties in any order and of any type, normals
// and others are skipped; SH of degree 0 to 3. Splats with values that are not finite are left out, and told in
// asset.notes. Error kInvalidInput: damage, no splats; kUnsupported: lists.
Asset read_ply(const std::filesystem::path& path);
Asset parse_ply(std::span<const std::byte> bytes, const std::string& name);

// All clouds as one, binary little endian, as many f_rest as the highest SH degree has. Opacities are cut to
// [6e-8, 1 - 6e-8] and scales to at least 1e-10 m, as logarithms end there. Error kInvalidInput: no splats, or what
// check_splat_cloud refuses.
std::vector<std::byte> encode_ply(const Asset& asset);
void write_ply(const Asset& asset, const std::filesystem::path& path);

}  // namespace diorama
