#pragma once

#include "reconstruction/splats/start_splats.h"

namespace diorama {

// The capture's own points as a start: those that at least two training views have in their picture (one, where there
// is but one view), thinned to about options.count. Empty where the capture has none, or fewer than 100 are seen, which
// is told to the job's log.
std::vector<StartPoint> sparse_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                      JobContext& job);

}  // namespace diorama
