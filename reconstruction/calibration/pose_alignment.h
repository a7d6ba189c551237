#pragma once

#include "capture/capture.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "reconstruction/calibration/surface_samples.h"

#include <array>
#include <span>

namespace diorama {

// A small motion of a camera in the world's axes: it turns about its own centre and shifts. turn (rad), shift (m).
inline constexpr int kPoseParameters = 6;
using PoseStep = std::array<double, kPoseParameters>;
Rigid moved(const Rigid& world_from_camera, const PoseStep& step);

// The motion from one pose to another.
PoseStep motion_between(const Rigid& from, const Rigid& to);

// What one frame saw, and the points that it is laid on.
struct FrameEvidence {
  const ImageF32* depth_m = nullptr;
  const ImageF32* grey = nullptr;  // smoothed; [0, 1]
  Camera depth_camera;             // K, and the shipped pose
  Camera color_camera;             // K at the size of `grey`
  Rigid color_from_depth;
  float gain = 1;                                 // brings grey to the others' exposure
  std::span<const glm::vec3> positions, normals;  // of the points, in the world
  std::span<const float> grey_of_others;          // negative: unknown
};

// How far residuals lie apart, 1 sigma: depth in shares of depth_sigma_m(z), grey in [0, 1].
struct AlignmentScale {
  double depth = 1, grey = 0.04;
};

// Axial noise of a structured-light sensor (Nguyen et al. 2012) and what voxels cost.
double depth_sigma_m(double z_m);

struct AlignmentPrior {
  double turn_rad = 0, shift_m = 0;  // 1 sigma of the shipped pose
};

// Sums of one linearisation about a pose: robust (Huber) cost, gradient and Gauss-Newton matrix, the prior included.
struct AlignmentSums {
  std::array<double, kPoseParameters * kPoseParameters> hessian{};
  PoseStep gradient{};
  double cost = 0;
  size_t depths = 0, greys = 0;  // residuals
};
AlignmentSums linearize(const FrameEvidence& evidence, const Rigid& world_from_depth, const AlignmentScale& scale,
                        const AlignmentPrior& prior);

// One residual of each kind at a pose, for whoever wants to know the misfit; not a number where there is none.
struct PointResidual {
  float depth_m, z_m, grey;
};
PointResidual residual_of(const FrameEvidence& evidence, const Rigid& world_from_depth, size_t point);

struct Alignment {
  Rigid world_from_depth;
  double sigma_turn_rad = 0, sigma_shift_m = 0;  // 1 sigma over the three axes together
};

// Levenberg-Marquardt from `start`.
Alignment align(const FrameEvidence& evidence, const Rigid& start, const AlignmentScale& scale,
                const AlignmentPrior& prior);

}  // namespace diorama
