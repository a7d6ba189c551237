#pragma once

#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <filesystem>

namespace diorama {

// The file of TsdfVolume::save; docs/fusion.md describes it.
void write_volume(const std::filesystem::path& path, const FusionOptions& options, const BlockGrid& grid);

struct VolumeContent {
  FusionOptions options;
  BlockGrid grid;
};
VolumeContent read_volume(const std::filesystem::path& path);

}  // namespace diorama
