#pragma once

#include "engine/base/job.h"
#include "engine/scene/splat_sequence.h"
#include "reconstruction/splat_video/moment_trainer.h"
#include "reconstruction/splat_video/moments.h"
#include "reconstruction/splat_video/splat_video_options.h"
#include "reconstruction/splat_video/static_scene.h"
#include "reconstruction/splats/start_splats.h"

#include <optional>
#include <string>
#include <vector>

namespace diorama {

// How a frame was fitted. PSNR: of what moves, of the training views.
struct VideoFrameStats {
  size_t frame = 0;
  bool is_key = false;
  size_t splats = 0;
  double motion_psnr = 0;                // as motion left it
  double psnr = 0;                       // as it was written
  double uncovered = 0, residual_m = 0;  // of SurfaceFit
  double load_s = 0, motion_s = 0, train_s = 0;
};

struct FittedGroup {
  SplatGroup group;
  std::vector<VideoFrameStats> frames;
};

// Fits groups of consecutive moments. A group depends on nothing but the capture, the options, what stands still, and
// where it starts.
class GroupFitter {
 public:
  // All must stay.
  GroupFitter(const Capture& capture, const Moments& moments, const SplatVideoOptions& options,
              const StaticScene& still, const RigExposure& exposure, JobContext& job);

  // From moment `first`; at most `most` of them. It ends earlier where the first frame's splats no longer serve.
  // Advances the job by one a frame.
  FittedGroup fit(size_t first, size_t most);

 private:
  struct Follower;
  MomentViews load(size_t moment);
  std::vector<StartPoint> surface_of(const MomentViews& views, size_t count, size_t moment);
  FittedGroup fit_nothing(size_t first, size_t most);
  // Takes the group to the next moment; nothing where its splats no longer serve.
  std::optional<VideoFrameStats> follow(Follower& follower, size_t moment);
  SplatModel fit_key(const MomentViews& views, const std::vector<StartPoint>& surface, VideoFrameStats& stats);

  const Capture& capture_;
  const Moments& moments_;
  const SplatVideoOptions& options_;
  const StaticScene& still_;
  const RigExposure& exposure_;
  JobContext& job_;
  MomentTrainer trainer_;
  std::vector<std::string> told_;  // warnings, each once
};

}  // namespace diorama
