#pragma once

#include "assets/asset.h"
#include "assets/splat_sequence.h"
#include "assets/splat_summary.h"

#include <cstdint>
#include <string>

namespace diorama {

// What `diorama info` says of a splat video.
struct SplatVideoSummary {
  size_t frames = 0, groups = 0, background_splats = 0;
  size_t fewest_splats = 0, most_splats = 0;     // of a frame, what moves
  double mean_splats = 0;                        // over the frames, what moves
  size_t shortest_group = 0, longest_group = 0;  // frames
  double first_time_s = 0, last_time_s = 0;
  uint64_t file_bytes = 0;  // of the groups' folder
  Bounds bounds;            // of all frames, in the asset's frame
};

SplatVideoSummary summarize(const SplatSequenceReader& performance);

// What `diorama info` says of an asset.
struct AssetSummary {
  size_t meshes = 0, materials = 0, textures = 0, vertices = 0, triangles = 0;
  std::optional<SplatSummary> splats;  // absent where there are none
  Bounds bounds;
  uint64_t file_bytes = 0;  // 0: not known
  std::optional<AssetRecord> record;
  std::vector<std::string> notes;  // of the reader
  std::optional<SplatVideoSummary> video;

  // Absent where the file's size is not known, or where it holds meshes too.
  std::optional<double> bytes_per_splat() const;
};

AssetSummary summarize(const Asset& asset, uint64_t file_bytes = 0);
std::string to_json(const AssetSummary& summary);
std::string to_text(const AssetSummary& summary);

}  // namespace diorama
