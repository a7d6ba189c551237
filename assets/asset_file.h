#pragma once

#include "assets/asset.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

// Reads any file that can hold an asset: glTF (.glb, .gltf), PLY of splats and SPZ. The kind is told by content. Error
// kUnsupported: another kind of file, else what the kind's own reader refuses.
Asset read_asset(const std::filesystem::path& path);

// Writes the kind that the name ends in: .glb, .ply or .spz. What of the asset this kind cannot hold is left out and
// told, a sentence each; docs/formats.md has the table. Error kInvalidInput: another ending, nothing that the kind can
// hold.
std::vector<std::string> write_asset(const Asset& asset, const std::filesystem::path& path);

// Error kInvalidInput: a name whose ending write_asset does not know. To be asked before a long job.
void check_asset_name(const std::filesystem::path& path);

// Whether a path is an asset's by its name, or by the first bytes of the file there, as against a capture.
bool is_asset_file(const std::filesystem::path& path);

}  // namespace diorama
