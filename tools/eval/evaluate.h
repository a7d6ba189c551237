#pragma once

#include "assets/asset.h"
#include "assets/splat_performance.h"
#include "capture/capture.h"
#include "engine/base/job.h"
#include "tools/eval/asset_view.h"
#include "tools/eval/scores.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

// How an asset is scored; docs/evaluation.md says what the scores mean.
struct EvalOptions {
  int split = 0;
  float scale = 1.0f;
  bool align_exposure = false;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("split", split, {"test", "train", "all", "val"}, "frames to score");
    option("scale", scale, {0.01, 1}, "size of the scored images, as a share of the capture's");
    option("align-exposure", align_exposure,
           "also score each picture with gain and bias of each channel fitted to the recorded one; reported apart");
  }
};

// What is scored.
struct ScoredAsset {
  const Asset& asset;
  std::string name;
  const SplatPerformance* performance = nullptr;  // that the asset is the first frame of: each frame at its own time
};

// A frame's pictures as they were scored, for who wants to look at them; they live for the call alone.
struct ScoredPictures {
  const FrameScore& score;
  const ImageRgba8& truth;
  const ImageRgba8& render;
  const ImageF32& flip;                     // FLIP error, [0, 1]
  const ImageF32* truth_depth_m = nullptr;  // of the depth camera; null where the capture has no depth
  const ImageF32* render_depth_m = nullptr;
};

// Called for each scored frame: its place among the scored ones, how many these are, its pictures.
using ScoreObserver = std::function<void(size_t index, size_t count, const ScoredPictures& pictures)>;

// Where colour is taken from, seen from the depth camera: by the calibration that the fit used, else the capture's own;
// nothing: as shipped.
std::optional<RigCalibration> scored_calibration(const Asset& asset, const Capture& capture);

// The camera that a frame's colour is scored from, by that calibration, in the asset's frame.
Camera scored_color_camera(const Asset& asset, const Capture& capture, const Frame& frame);

// The split's frames in the order in which they are scored: the capture's, and by time where several cameras took
// frames with times. Of a performance those that were taken while it lasts. Error kInvalidInput: there are none.
std::vector<size_t> scored_frames(const ScoredAsset& scored, const Capture& capture, int split);

// Name of the camera that took a frame: the part of its id before the last '/', else its number.
std::string camera_name(const Frame& frame);

// Renders the split's frames and compares; in memory are one frame's pictures, and each fixed camera's last. Error
// kInvalidInput: the split has no frames; else what make_asset_view refuses.
EvalReport evaluate(const ScoredAsset& scored, const Capture& capture, const EvalOptions& options, JobContext& job,
                    const ScoreObserver& observer = {}, const BackendOptions& backend = {});

// Of an asset that stands still.
inline EvalReport evaluate(const Asset& asset, const std::string& asset_name, const Capture& capture,
                           const EvalOptions& options, JobContext& job, const ScoreObserver& observer = {},
                           const BackendOptions& backend = {}) {
  return evaluate({.asset = asset, .name = asset_name}, capture, options, job, observer, backend);
}

}  // namespace diorama
