#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/splats/splat_fit_options.h"
#include "reconstruction/splats/splat_trainer.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

// A point of the fit's curves.
struct SplatFitPoint {
  size_t step = 0;
  double seconds = 0;  // since the start of the fit
  double loss = 0;     // colour loss, mean over the views since the point before
  double psnr = 0;     // of the training views, each with its exposure, likewise; dB
  size_t splats = 0;
};

struct SplatFitStats {
  size_t views = 0, start_splats = 0, splats = 0, steps = 0;
  size_t memory_bytes = 0;  // of what grows with the splats, at the end of training
  double load_s = 0, start_s = 0, train_s = 0;
  std::vector<SplatFitPoint> curve;
  StepTimings timings;
  std::string schedule_json;  // what was realised, for --replay
};

struct SplatFit {
  Asset asset;  // record->representation "splats"; +Y up through record->asset_from_capture
  std::optional<RigCalibration> calibration;  // of the rig as refined; what the asset's record says
  SplatFitStats stats;
};

// What a fit stands at between two steps.
struct SplatFitSnapshot {
  size_t step = 0;
  double seconds = 0;  // since the start of the fit
  Asset asset;         // as the fit's own, with the calibration so far
};

// Of one run, beside the options.
struct SplatFitRun {
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();  // max_minutes count from here
  std::optional<std::string> replay;  // schedule_json of an earlier run, which is repeated to the bit
  // Called before the first step, and from then on when this many seconds have passed since the call before. It does
  // not change what is fitted.
  std::function<void(SplatFitSnapshot)> on_snapshot;
  double snapshot_every_s = 10;
};

// Fits 3D Gaussians to the training frames. The start is the fused surface where frames have depth, else the volume
// that the cameras look at. Error kInvalidInput: no usable training frame, a schedule to replay that is none.
SplatFit fit_splats(const Capture& capture, const SplatFitOptions& options, JobContext& job,
                    const SplatFitRun& run = {});

}  // namespace diorama
