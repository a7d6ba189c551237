#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/base/job.h"
#include "tools/eval/asset_view.h"
#include "tools/eval/exposure_alignment.h"

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

// Scores of a picture whose exposure was fitted to the recorded one. They never stand in for the scores themselves.
struct AlignedScore {
  double psnr = 0, ssim = 0, flip = 0;
  ExposureAlignment exposure;
};

struct FrameScore {
  std::string id;
  double psnr = 0, ssim = 0, flip = 0;  // PSNR at most kMaxPsnr
  std::optional<double> depth_mae_m;
  double coverage = 0;                    // share of the image that the asset covers
  std::optional<AlignedScore> aligned{};  // with EvalOptions::align_exposure; the mean has no exposure
};

// An exact picture would score infinity, which neither a mean nor JSON can hold.
inline constexpr double kMaxPsnr = 100;

struct EvalReport {
  std::string asset;
  std::vector<FrameScore> frames;
  FrameScore mean;
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

// Renders the split's frames and compares; one frame's pictures are in memory at a time. Error kInvalidInput: the split
// has no frames; else what make_asset_view refuses.
EvalReport evaluate(const Asset& asset, const std::string& asset_name, const Capture& capture,
                    const EvalOptions& options, JobContext& job, const ScoreObserver& observer = {},
                    const BackendOptions& backend = {});

std::string to_json(const EvalReport& report);       // {"asset":..., "frames":[...], "mean":{...}}
std::string mean_to_json(const EvalReport& report);  // the mean alone, as an object
std::string to_text(const EvalReport& report);       // a table for people

}  // namespace diorama
