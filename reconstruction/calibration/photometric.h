#pragma once

#include "capture/capture.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/image.h"
#include "reconstruction/calibration/surface_samples.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

// Parameters of a shared colour camera beside a depth camera, as steps from the present estimate:
// log focal x, y; principal point x, y (px); rotation (rad, left); translation (m); lens k1, k2, p1, p2.
inline constexpr int kRigParameters = 14;
inline constexpr size_t kFocal = 0, kCenter = 2, kRotation = 4, kTranslation = 7, kLens = 10;  // first of each
using RigStep = std::array<double, kRigParameters>;

RigCalibration stepped(const RigCalibration& rig, const RigStep& step);

// A frame's grey picture at one level of a pyramid, [0, 1], and what brings its exposure to the mean's.
struct GreyFrame {
  ImageF32 grey;
  float gain = 1;
};

// Value and gradient (per pixel) of the bilinear surface; nothing outside the centres of the border pixels.
struct Sampled {
  float value = 0;
  glm::vec2 gradient{0};
};
std::optional<Sampled> sample(const ImageF32& image, glm::vec2 pixel);

// Sums of one linearisation of the photometric cost: every surface point's colour is the mean over the frames that see
// it; a residual is a frame's deviation from that mean (variable projection: the mean moves with the parameters).
struct NormalEquations {
  std::array<double, kRigParameters * kRigParameters> hessian{};  // sum of w J J^T, symmetric, full
  RigStep gradient{};                                             // sum of w J r
  double cost = 0;                                                // sum of Huber costs
  double weight = 0;                                              // number of residuals
  double square = 0;  // sum of r^2 in the Huber sense, for the RMS that people read
};

NormalEquations operator+(NormalEquations a, const NormalEquations& b);

struct PhotometricOptions {
  double huber = 0.05;                       // residuals beyond count linearly; grey levels of [0, 1]
  int parameters = static_cast<int>(kLens);  // free ones, from the first: kLens, kLens + 2 or all; sums of others are 0
};

// `rig` has the size of the level's images. The sum runs in a fixed order: same bits for any thread count.
NormalEquations linearize(const SurfaceSamples& samples, std::span<const GreyFrame> frames, const RigCalibration& rig,
                          const PhotometricOptions& options, ThreadPool& pool);

// Gain of every frame that best maps its grey values to the points' means; the mean of all gains is 1.
std::vector<float> exposure_gains(const SurfaceSamples& samples, std::span<const GreyFrame> frames,
                                  const RigCalibration& rig, ThreadPool& pool);

}  // namespace diorama
