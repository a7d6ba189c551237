#pragma once

#include "capture/capture.h"

#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// What a rig's cameras saw at one time.
struct Moment {
  double time_s = 0;           // of the camera that the others are compared with
  std::vector<size_t> frames;  // of the capture, one a camera, by camera
};

struct Moments {
  std::vector<Moment> list;           // times rise
  double interval_s = 0;              // from one moment to the next, as a rule
  std::vector<std::string> warnings;  // what was left out and why, a sentence each
};

// Frames of one moment may lie apart by this share of the interval.
inline constexpr double kMostSkew = 0.1;

// The training frames with colour, by time. Dropped frames leave a moment with fewer cameras. Frames that lie apart
// from their moment by more than kMostSkew are left out and told of. Error kInvalidInput, naming camera and frame: a
// frame without a time, two frames of a camera at one time, more than half of the cameras out of step.
Moments training_moments(const Capture& capture);

}  // namespace diorama
