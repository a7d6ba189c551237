#pragma once

#include "assets/asset.h"
#include "assets/splat_summary.h"

#include <cstdint>
#include <string>

namespace diorama {

// What `diorama info` says of an asset.
struct AssetSummary {
  size_t meshes = 0, materials = 0, textures = 0, vertices = 0, triangles = 0;
  std::optional<SplatSummary> splats;  // absent where there are none
  Bounds bounds;
  uint64_t file_bytes = 0;  // 0: not known
  std::optional<AssetRecord> record;
  std::vector<std::string> notes;  // of the reader

  // Absent where the file's size is not known, or where it holds meshes too.
  std::optional<double> bytes_per_splat() const;
};

AssetSummary summarize(const Asset& asset, uint64_t file_bytes = 0);
std::string to_json(const AssetSummary& summary);
std::string to_text(const AssetSummary& summary);

}  // namespace diorama
