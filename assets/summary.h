#pragma once

#include "assets/asset.h"

#include <string>

namespace diorama {

// What `diorama info` says of an asset.
struct AssetSummary {
  size_t meshes = 0, materials = 0, textures = 0, vertices = 0, triangles = 0;
  Bounds bounds;
  std::optional<AssetRecord> record;
};

AssetSummary summarize(const Asset& asset);
std::string to_json(const AssetSummary& summary);
std::string to_text(const AssetSummary& summary);

}  // namespace diorama
