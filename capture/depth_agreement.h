#pragma once

#include "capture/depth_views.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace diorama {

// What may be wrong with what a reader took for granted, applied to the poses that it returned.
struct PoseHypothesis {
  bool invert = false;       // the matrices are the inverse of what they were taken for
  bool flip_axes = false;    // the cameras' y and z axes point the other way
  double depth_scale = 1.0;  // depth must be multiplied by this to fit the poses
};

// Relative poses as they are under the hypothesis; instead of scaling depth by s, positions are divided by s.
Rigid hypothetical_pose(const Rigid& world_from_camera, const PoseHypothesis& hypothesis);

// Measurements within this of each other, relative to depth, agree.
inline constexpr float kDepthTolerance = 0.02f;

struct DepthAgreement {
  size_t pairs = 0;
  size_t seen = 0;                   // points of one frame that land on a measured surface of the other
  size_t agree = 0;                  // of these, within kDepthTolerance
  size_t occluded = 0;               // of these, behind the surface by more
  double median_error_m = 0;         // absolute, occluded points left out; in the units of depth
  double median_relative_error = 0;  // the same, divided by depth

  double agreement() const {
    return seen > occluded ? static_cast<double>(agree) / static_cast<double>(seen - occluded) : 0;
  }
  // Occluded points count as disagreement: tells hypotheses apart, where wrong poses put points behind things.
  double support() const { return seen > 0 ? static_cast<double>(agree) / static_cast<double>(seen) : 0; }
};

struct PairLimits {
  size_t max_pairs = 40;
  bool same_time_only = false;  // rigs: what moves is elsewhere at another time
};

// Pairs of views whose poses say that they see the same surface from places that differ: deterministic, no view in more
// than its share, frames close in time first.
std::vector<std::pair<size_t, size_t>> choose_pairs(std::span<const DepthView> views, const PoseHypothesis& hypothesis,
                                                    const PairLimits& limits);

// Points of either view of every pair carried into the other.
DepthAgreement measure_agreement(std::span<const DepthView> views, std::span<const std::pair<size_t, size_t>> pairs,
                                 const PoseHypothesis& hypothesis);

}  // namespace diorama
