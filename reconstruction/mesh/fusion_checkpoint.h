#pragma once

#include "reconstruction/fusion/tsdf_volume.h"

#include <filesystem>
#include <optional>
#include <string>

namespace diorama {

// What a stopped fusion leaves in the job's folder: fusion.json says how far it came, the volume lies beside it.
struct FusionProgress {
  TsdfVolume volume;
  size_t frames_done = 0;
};

// `identity`: fit_identity of capture, frames and fusion options.
void save_checkpoint(const std::filesystem::path& folder, const std::string& identity, const TsdfVolume& volume,
                     size_t frames_done);

// Nothing where the folder has none. Error kInvalidInput: damage, or the checkpoint of something else.
std::optional<FusionProgress> load_checkpoint(const std::filesystem::path& folder, const std::string& identity,
                                              size_t frame_count);

void remove_checkpoint(const std::filesystem::path& folder);

}  // namespace diorama
