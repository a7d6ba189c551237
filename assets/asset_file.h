#pragma once

#include "assets/asset.h"
#include "engine/base/thread_pool.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

struct AssetReadOptions {
  int max_splats = 0;
  ThreadPool* pool = nullptr;  // absent: one of all cores is made where it helps
  template <class Visitor>
  void visit(Visitor&& option) {
    option("max-splats", max_splats, {0, 1e9},
           "splats that may be read: of a folder with levels of detail, the finest level that fits; 0: any number");
  }
};

struct AssetWriteOptions {
  bool pack = false;           // splats of a .glb as a payload of SPZ version 2, as a draft extension has it
  ThreadPool* pool = nullptr;  // absent: one of all cores is made for the call
};

// Reads whatever can hold an asset: glTF (.glb, .gltf), PLY of splats, SPZ, SOG (a .sog, its folder or the meta.json
// there; a folder with levels of detail or its lod-meta.json), .splat. The kind is told by content, but for .splat,
// which has nothing to tell it by. Error kUnsupported: another kind of file; kInvalidInput: more splats than allowed;
// else what the kind's own reader refuses.
Asset read_asset(const std::filesystem::path& path, const AssetReadOptions& options = {});

// Writes the kind that the name ends in: .glb, .ply, .spz, .sog, .splat, or meta.json for a folder of SOG. What of the
// asset this kind cannot hold is left out and told, a sentence each; docs/formats.md has the table. Error
// kInvalidInput: another ending, nothing that the kind can hold.
std::vector<std::string> write_asset(const Asset& asset, const std::filesystem::path& path,
                                     const AssetWriteOptions& options = {});

// Error kInvalidInput: a name whose ending write_asset does not know. To be asked before a long job.
void check_asset_name(const std::filesystem::path& path);

// Whether a path is an asset's by its name, or by the first bytes of the file there, as against a capture.
bool is_asset_file(const std::filesystem::path& path);

// Bytes of the file, or of all files of a folder of SOG; 0 where an asset's parts lie anywhere else (.gltf), or where
// only some are read (levels of detail).
uint64_t asset_file_bytes(const std::filesystem::path& path);

}  // namespace diorama
