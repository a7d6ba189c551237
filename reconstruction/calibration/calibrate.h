#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/calibration/photometric.h"

namespace diorama {

struct CalibrationOptions {
  int max_frames = 150;   // training frames used, spread over the capture
  float voxel_m = 0.02f;  // of the surface that colours are compared on
  int distortion = 0;     // of the colour lens: 0 none, 1 radial (k1 k2), 2 full (k1 k2 p1 p2)
  float center_prior_px = 8, rotation_prior_deg = 1.0f, offset_prior_m = 0.05f;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("max-frames", max_frames, {8, 256}, "training frames to use, spread over the capture");
    option("surface-voxel", voxel_m, {0.002, 0.2}, "voxel of the surface on which colours are compared, m");
    option("distortion", distortion, {"none", "radial", "full"},
           "estimate the colour lens too: radial is k1 k2, full is k1 k2 p1 p2");
    option("center-prior", center_prior_px, {0.01, 1000},
           "how far the principal point may be from the shipped one, px (1 sigma)");
    option("rotation-prior", rotation_prior_deg, {0.001, 90},
           "how far the cameras may be turned to each other, degrees (1 sigma)");
    option("offset-prior", offset_prior_m, {0.0001, 10}, "how far apart the cameras may be, m (1 sigma)");
  }
};

// 1 sigma of the estimate, from the curvature of the cost and the residuals' spread.
struct CalibrationUncertainty {
  glm::dvec2 focal_px{0}, center_px{0};
  glm::dvec3 rotation_deg{0}, offset_m{0};
  glm::dvec4 lens{0};  // k1 k2 p1 p2; 0 what was not estimated
};

struct CalibrationResult {
  RigCalibration rig;
  CalibrationUncertainty uncertainty;
  double residual_before = 0,
         residual_after = 0;  // RMS colour deviation between frames, counts of 255, full resolution
  size_t frames = 0, points = 0, observations = 0;
  bool pays = false;  // the residual fell by more than its noise and the estimate is plausible
};

// Finds the colour camera of a rig whose colour is not registered to its depth: focal length, principal point, the
// rigid motion between the cameras, and on demand the lens. The cost is photometric: points of the surface fused from
// depth must have the same colour in every training frame that sees them, up to a gain a frame. Gauss-Newton, coarse to
// fine, started at several focal lengths. Never looks at test frames. Error kInvalidInput: no frames with both depth
// and colour, or too few overlapping views.
CalibrationResult calibrate_rig(const Capture& capture, const CalibrationOptions& options, JobContext& job);

// What the capture ships: the colour camera's K at the depth camera's pose.
RigCalibration shipped_rig(const Capture& capture);

}  // namespace diorama
