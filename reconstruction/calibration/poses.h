#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"

#include <cstddef>
#include <vector>

namespace diorama {

struct PoseOptions {
  float voxel_m = 0.02f;        // of the surface that frames are laid on
  int rounds = 8;               // of fusing and laying on, at most
  float shift_prior_m = 0.02f;  // how far off shipped poses may be, 1 sigma
  float turn_prior_deg = 1.0f;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("pose-rounds", rounds, {1, 50}, "rounds of fusing the surface and laying the frames on it, at most");
    option("shift-prior", shift_prior_m, {1e-5, 10}, "how far off the shipped positions may be, m (1 sigma)");
    option("turn-prior", turn_prior_deg, {1e-4, 45}, "how far off the shipped directions may be, degrees (1 sigma)");
  }
};

// What training frames' depth and colour say about a surface: RMS with outliers cut.
struct Misfit {
  double depth_mm = 0;     // between surface and depth, along the surface's normal
  double color_codes = 0;  // between a point's grey value and the mean of the other frames', codes of 255
};

struct PoseResult {
  std::vector<size_t> frames;               // of the capture: its training frames with depth and colour
  std::vector<Rigid> shipped_from_refined;  // of each; zero mean, see refine_poses
  double shift_mm = 0, turn_deg = 0;        // RMS of the corrections
  double sigma_mm = 0, sigma_deg = 0;       // of a correction, 1 sigma over all axes, the median over frames
  int rounds = 0;
  Misfit before, after;  // of all frames
  // Of frames that were set aside, against the surface of the others: at their shipped poses, as test frames are
  // scored; and laid on it, which tells how true the surface is whatever their own poses are worth.
  Misfit held_out_before, held_out_after, laid_before, laid_after;
  bool truer = false;  // the laid ones fit better
  bool pays = false;   // those that keep their poses fit better
};

// Refines the pose of every training frame against the surface fused from all of them: point-to-plane distance of its
// depth (Chen and Medioni 1992) and the colour that the other frames see at the same points. The corrections' turns and
// the cameras' shifts, both in the world's axes, sum to zero over the training frames, so the world stays where the
// test frames' poses are; they are never looked at. Uses the capture's calibration and corrections as they are set.
// Error kInvalidInput: too few frames or common points, or a moving scene.
PoseResult refine_poses(const Capture& capture, const PoseOptions& options, JobContext& job);

}  // namespace diorama
