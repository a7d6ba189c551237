#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"

#include <cstddef>
#include <vector>

namespace diorama {

struct ExposureOptions {
  float voxel_m = 0.02f;  // of the surface that colours are compared on
};

struct ExposureResult {
  std::vector<size_t> frames;   // of the capture: its training frames with depth and colour
  std::vector<glm::vec3> gain;  // of each, in linear light; the mean of the logarithms is 0 in each channel
  double spread = 0;            // RMS of the logarithms: 0.1 is about 10 %
  double sigma = 0;             // of a frame's logarithm, 1 sigma, the median over frames
  size_t points = 0, observations = 0;
  // How far colours of one point are apart in two training frames' eyes: RMS deviation from their mean, codes of 255.
  double residual_before = 0, residual_after = 0;
  // The same for training frames that were set aside and keep their own exposure, as test frames do: RMS deviation from
  // what the other frames, with and without gains, make of the point.
  double held_out_before = 0, held_out_after = 0;
  bool pays = false;  // frames that keep their exposure are predicted better
};

// Finds the exposure of every training frame against the fused surface: a gain a channel, in linear light, because what
// an auto-exposing camera changes is how much light counts (shutter, gain, white balance). Uses the capture's
// calibration and corrections as they are set; gains are relative to the corrections' own. Never looks at test frames.
// Error kInvalidInput: too few frames or common points, or a moving scene.
ExposureResult refine_exposures(const Capture& capture, const ExposureOptions& options, JobContext& job);

}  // namespace diorama
