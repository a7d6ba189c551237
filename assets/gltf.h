#pragma once

#include "assets/asset.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace diorama {

// Reads .glb or .gltf (with its buffers and images beside it). Every size and index is checked before use.
// Error kInvalidInput (damage: what and where), kUnsupported (a required extension or a Diorama extension version that
// this build does not know, by name).
Asset read_gltf(const std::filesystem::path& path);

// The same from memory; only self-contained .glb. `name` stands in messages.
Asset parse_glb(std::span<const std::byte> bytes, const std::string& name);

// glTF binary: meshes with COLOR_0 (linear, normalised u16), KHR_materials_unlit, PNG textures, splats as
// KHR_gaussian_splatting, one root node with record->asset_from_capture. Data stays in the capture's frame: what is
// given here is in the asset's frame and is moved back by the inverse. Valid under Khronos' validator without errors or
// warnings, but for the names of splat attributes, which it does not know yet.
// Packed splats need a reader of KHR_gaussian_splatting_compression_spz_2, a draft, and lose what SPZ does not hold.
struct GlbOptions {
  bool pack_splats = false;
};
std::vector<std::byte> encode_glb(const Asset& asset, const GlbOptions& options = {});
void write_glb(const Asset& asset, const std::filesystem::path& path, const GlbOptions& options = {});

}  // namespace diorama
