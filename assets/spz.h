#pragma once

#include "assets/asset.h"
#include "engine/base/thread_pool.h"

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
// kUnsupported: another version. Without a pool, one of all cores is made for the call.
Asset read_spz(const std::filesystem::path& path, ThreadPool* pool = nullptr);
Asset parse_spz(std::span<const std::byte> bytes, const std::string& name, ThreadPool* pool = nullptr);

// Version 4, all clouds as one. Positions in steps of 1/4096 m, or in coarser ones where a centre is farther than
// 2048 m from the origin. The same bytes for any number of threads. Error kInvalidInput: no splats, or what
// check_splat_cloud refuses; centres beyond 8e6 m.
std::vector<std::byte> encode_spz(const Asset& asset, ThreadPool* pool = nullptr);
void write_spz(const Asset& asset, const std::filesystem::path& path, ThreadPool* pool = nullptr);

// Version 2, as a glTF carries it: one gzip stream without a record.
std::vector<std::byte> encode_spz_2(const SplatCloud& cloud, bool antialiased);

}  // namespace diorama
