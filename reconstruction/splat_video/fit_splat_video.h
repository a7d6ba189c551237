#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/splat_video/group_fit.h"
#include "reconstruction/splat_video/splat_video_options.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

// Of one run, beside the options: which of several processes it is. The work is shared by segments of
// options.segment_frames moments: segment i is fitted by part i % parts.
struct SplatVideoRun {
  int part = 0, parts = 1;
};

struct SplatVideoStats {
  size_t moments = 0, cameras = 0;     // that were fitted, at most
  size_t groups = 0, groups_kept = 0;  // in the range; of these, from a run before
  size_t most_splats = 0, still_splats = 0;
  bool finished = false;                // the .glb was written
  std::vector<VideoFrameStats> frames;  // of the groups that this run fitted
};

// Fits the performance to the training frames: OUT.groups, a file a group, as each is done, and at last OUT.glb. With
// job.resume, or as one of several parts, groups that are there are kept; else those of an earlier fit are removed.
// Only the last part of all to end has to be run again without parts, with resume, to write the .glb. The result
// depends on capture, range, segments and options alone. Error kInvalidInput: no depth, a range outside the capture,
// groups of other options, and what training_moments and load_moment refuse.
SplatVideoStats fit_splat_video(const Capture& capture, const SplatVideoOptions& options,
                                const std::filesystem::path& glb, JobContext& job, const SplatVideoRun& run = {});

std::string to_json(const SplatVideoStats& stats);

}  // namespace diorama
