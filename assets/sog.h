#pragma once

#include "assets/asset.h"
#include "engine/base/thread_pool.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// SOG (PlayCanvas): splats as lossless WebP pictures beside a meta.json, in a folder or in a zip (.sog). Positions have
// 16 bits on a logarithmic scale, all else 8 bits or codebooks; SH of degree 1 to 3 are a palette. Like a PLY it
// carries no frame: files by others are taken in their own axes, ours hold the capture's frame and the asset's record.

bool is_sog(std::span<const std::byte> bytes);  // a zip; its content is not looked at

// Whether a folder holds a SOG: its meta.json is there and tells of "means".
bool is_sog_folder(const std::filesystem::path& folder);

// Versions 1 and 2, from a .sog, a folder, or the meta.json in it. Error kInvalidInput: damage, codes or labels outside
// their tables, pictures of another size than the splats need, far more splats than the files can hold; kUnsupported:
// another version.
Asset read_sog(const std::filesystem::path& path);
Asset parse_sog(std::span<const std::byte> zip, const std::string& name);

// Version 2, all clouds as one, in Morton order. Deterministic for any number of threads. Error kInvalidInput: no
// splats, or what check_splat_cloud refuses.
std::vector<std::byte> encode_sog(const Asset& asset, ThreadPool& pool);

// A zip, or where the path is that of a meta.json the files beside it, which are put there before it.
void write_sog(const Asset& asset, const std::filesystem::path& path, ThreadPool& pool);

}  // namespace diorama
