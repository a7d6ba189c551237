#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/calibration/surface_samples.h"

#include <vector>

namespace diorama {

// Which observations of `samples` belong to each frame: those of frame f are order[first[f]] .. order[first[f + 1] -
// 1], of the points in the same places.
struct ObservationsByFrame {
  std::vector<uint32_t> order, point, first;
};
ObservationsByFrame by_frame(const SurfaceSamples& samples);

// What each observation saw: sRGB in [0, 1], interpolated in the picture made smaller by a whole factor to a width
// below twice kObservedWidthPx, so that a pixel's noise and a small misplacement count little. Negative where the point
// is outside the colour image, or too dark or too bright for its code to tell the light.
inline constexpr int kObservedWidthPx = 320;
std::vector<glm::vec3> observed_colors(const Capture& capture, const SurfaceSamples& samples, JobContext& job);

inline bool was_observed(glm::vec3 color) {
  return color.x >= 0;
}

}  // namespace diorama
