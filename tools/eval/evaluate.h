#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/base/job.h"

#include <optional>
#include <string>
#include <vector>

namespace diorama {

// How an asset is scored; docs/evaluation.md says what the scores mean.
struct EvalOptions {
  int split = 0;
  float scale = 1.0f;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("split", split, {"test", "train", "all"}, "frames to score");
    option("scale", scale, {0.01, 1}, "size of the scored images, as a share of the capture's");
  }
};

struct FrameScore {
  std::string id;
  double psnr = 0, ssim = 0, flip = 0;  // PSNR at most kMaxPsnr
  std::optional<double> depth_mae_m;
  double coverage = 0;  // share of the image that the asset covers
};

// An exact picture would score infinity, which neither a mean nor JSON can hold.
inline constexpr double kMaxPsnr = 100;

struct EvalReport {
  std::string asset;
  std::vector<FrameScore> frames;
  FrameScore mean;
};

// The camera that a frame's colour is scored from, in the asset's frame: by the calibration that the fit used, else the
// capture's own, else as shipped.
Camera scored_color_camera(const Asset& asset, const Capture& capture, const Frame& frame);

// Renders the split's frames and compares. Error kInvalidInput: the split has no frames, an asset without meshes.
EvalReport evaluate(const Asset& asset, const std::string& asset_name, const Capture& capture,
                    const EvalOptions& options, JobContext& job);

std::string to_json(const EvalReport& report);       // {"asset":..., "frames":[...], "mean":{...}}
std::string mean_to_json(const EvalReport& report);  // the mean alone, as an object
std::string to_text(const EvalReport& report);       // a table for people

}  // namespace diorama
