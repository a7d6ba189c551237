#pragma once

#include "reconstruction/splats/start_splats.h"

namespace diorama {

// Points of the surface found from colour alone, for captures without depth: pixels of the training views are compared
// with the nearest other views at a sweep of depths (plane sweep, Collins 1996) by normalised cross-correlation of
// small patches; a pixel whose best depth agrees well, and clearly better than others, becomes a point. Up to
// options.count of them, without normals; none where views don't overlap or have no texture.
std::vector<StartPoint> swept_points(const TrainingSet& set, const StartOptions& options, JobContext& job);

}  // namespace diorama
