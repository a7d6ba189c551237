#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/calibration/observed_colors.h"
#include "reconstruction/calibration/pose_alignment.h"
#include "reconstruction/calibration/poses.h"
#include "reconstruction/calibration/surface_samples.h"

#include <span>
#include <vector>

namespace diorama {

// The frames whose poses are refined, and what stays the same from round to round.
struct PoseProblem {
  const Capture& capture;
  const PoseOptions& options;
  JobContext& job;
  std::vector<size_t> frames;   // of the capture
  std::vector<Camera> shipped;  // depth cameras of the frames
  std::vector<Camera> color;    // colour cameras of the frames, at the shipped poses
};

// Fineness of one round: both rise as the poses get better.
struct RoundDetail {
  int grey_level = 0;             // 0 full resolution, each next half
  float depth_tolerance = 0.02f;  // of z: a measurement farther from the surface is of another one
};

// A surface that frames can be laid on: fused from the frames of the model, its points with what all frames saw.
struct PoseModel {
  SurfaceSamples samples;
  ObservationsByFrame by_frame;
  std::vector<float> grey_of_others;  // of each observation: mean over the model's other frames; negative: unknown
  RoundDetail detail;
};

// `gains` brings each frame's grey to the others' exposure; it is brought up to date. `poses`: world_from_depth.
PoseModel make_model(const PoseProblem& problem, std::span<const Rigid> poses, const std::vector<bool>& in_model,
                     const RoundDetail& detail, std::vector<float>& gains);

struct RoundResult {
  AlignmentScale scale;  // of the residuals after the round
  std::vector<double> sigma_turn_rad, sigma_shift_m;
};

// Lays every frame with move[f] on the model.
RoundResult lay_frames(const PoseProblem& problem, const PoseModel& model, const std::vector<bool>& move,
                       std::span<const float> gains, const AlignmentScale& scale, std::span<Rigid> poses);

// Of the frames with count[f].
Misfit misfit_of(const PoseProblem& problem, const PoseModel& model, const std::vector<bool>& count,
                 std::span<const float> gains, std::span<const Rigid> poses);

// Moves all poses with move[f] as one rigid body so that their turns and shifts from the shipped poses, in the world's
// axes, have zero mean.
void center_corrections(std::span<const Camera> shipped, const std::vector<bool>& move, std::span<Rigid> poses);

}  // namespace diorama
