#pragma once

#include "assets/asset.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// SPZ (Niantic): splats quantised to 20 bytes at SH degree 0 and 65 at 3, compressed. Its axes are those of an asset (x
// right, y up, z back). The record is in an extension of our own, which other readers skip.

bool is_spz(std::span<const std::byte> bytes);  // gzip (versions 1 to 3) counts too

// Versions 1 to 4; the SH of degree 4 are left out and told in asset.notes. Error kInvalidInput: damage, streams of
// another size than the header's count needs, more than 64 bytes unpacked of each in the file (beyond the first MiB);
// kUnsupported: another version.
Asset read_spz(const std::filesystem::path& path);
Asset parse_spz(std::span<const std::byte> bytes, const std::string& name);

// Version 4, all clouds as one. Positions in steps of 1/4096 m, or in coarser ones where a centre is farther than
// 2048 m from the origin. Error kInvalidInput: no splats, or what check_splat_cloud refuses; centres beyond 8e6 m.
std::vector<std::byte> encode_spz(const Asset& asset);
void write_spz(const Asset& asset, const std::filesystem::path& path);

}  // namespace diorama
