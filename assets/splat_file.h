#pragma once

#include "assets/asset.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// .splat (antimatter15): 32 bytes a splat, no header, no SH, no frame. As there is nothing to tell it by, it goes by
// its name. Like a PLY's, the axes of files by others are taken as they are, and ours hold the capture's frame.

// Splats with values that are not finite are left out, and told in asset.notes. Error kInvalidInput: a size that is no
// multiple of 32 bytes, no splats, a negative scale.
Asset read_splat_file(const std::filesystem::path& path);
Asset parse_splat_file(std::span<const std::byte> bytes, const std::string& name);

// All clouds as one, the largest and densest first. Error kInvalidInput: no splats, or what check_splat_cloud refuses.
std::vector<std::byte> encode_splat_file(const Asset& asset);
void write_splat_file(const Asset& asset, const std::filesystem::path& path);

}  // namespace diorama
