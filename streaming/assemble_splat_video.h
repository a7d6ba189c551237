#pragma once

#include "engine/base/job.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <span>

namespace diorama {

// Some of a coded splat video's groups, one after another.
struct VideoPiece {
  std::filesystem::path glb;
  size_t first_group = 0, group_count = 0;
};

// The groups that hold `frame_count` frames from `first_frame` on (counted from 0), which may be a few more: groups are
// not coded again. Error kInvalidInput: frames that there are not.
VideoPiece piece_of(const std::filesystem::path& glb, const SplatVideo& video, size_t first_frame, size_t frame_count);

// Makes one splat video of pieces, one after another, without coding anything again: `glb`, its streams and its
// manifest; streams in a file each, or in one, NAME.mp4, that holds all tracks as fragmented MP4. Frames are counted on
// from the first piece's, and the first piece's background and record are kept. Error kInvalidInput: no piece, pieces
// of another rate, layout or other streams than the first, what readers refuse; kIo.
SplatVideo assemble_splat_video(std::span<const VideoPiece> pieces, const std::filesystem::path& glb, bool single_file,
                                JobContext& job);

}  // namespace diorama
