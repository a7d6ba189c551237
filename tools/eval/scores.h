#pragma once

#include "tools/eval/exposure_alignment.h"
#include "tools/eval/splat_motion.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

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
  std::string camera{};                   // its name; empty where there is but one
  std::optional<double> time_s{};
  std::optional<double> psnr_mask{};    // where the recorded alpha is above 0; nothing without alpha
  std::optional<double> psnr_moving{};  // where a fixed camera saw a change since its frame before
};

// An exact picture would score infinity, which neither a mean nor JSON can hold.
inline constexpr double kMaxPsnr = 100;

// Mean change of a pixel's channel from a fixed camera's frame to its next, where what was recorded stands still; in
// counts of 255.
struct Flicker {
  double render = 0, truth = 0;  // truth: of the recorded pictures, their noise
  double static_share = 0;       // of the pixels that either picture fills
};

struct CameraSummary {
  size_t frames = 0;
  FrameScore mean;  // with the camera's name
  std::optional<Flicker> flicker;
};

struct TimeSummary {
  size_t frames = 0;
  FrameScore mean;  // with the time
};

struct EvalReport {
  std::string asset;
  std::vector<FrameScore> frames;
  FrameScore mean;
  std::vector<CameraSummary> cameras;  // in the order of their first frames; empty where frames name none
  std::vector<TimeSummary> times;      // rising; empty where no time has several frames
  std::optional<Flicker> flicker;      // mean of the cameras'
  std::optional<SplatMotion> motion;   // of a splat video
};

// Each score's mean over the frames that have it.
FrameScore mean_of_frames(std::span<const FrameScore> frames);

// Fills mean, cameras and times from the frames.
void summarize_frames(EvalReport& report);

std::string to_json(const EvalReport& report);       // {"asset":..., "frames":[...], "mean":{...}}
std::string mean_to_json(const EvalReport& report);  // the mean alone, as an object
std::string to_text(const EvalReport& report);       // a table for people

}  // namespace diorama
