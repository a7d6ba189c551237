#pragma once

#include "capture/capture.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

// What a stopped fusion leaves in the job's folder: fusion.json says how far it came, the volume lies beside it.
struct FusionProgress {
  TsdfVolume volume;
  size_t frames_done = 0;
};

// What must be the same for a checkpoint to be continued: capture, frames and fusion options.
std::string fusion_identity(const Capture& capture, const std::vector<size_t>& frames, const FusionOptions& options);

void save_checkpoint(const std::filesystem::path& folder, const std::string& identity, const TsdfVolume& volume,
                     size_t frames_done);

// Nothing where the folder has none. Error kInvalidInput: damage, or the checkpoint of something else.
std::optional<FusionProgress> load_checkpoint(const std::filesystem::path& folder, const std::string& identity,
                                              size_t frame_count);

void remove_checkpoint(const std::filesystem::path& folder);

}  // namespace diorama
