#pragma once

#include "engine/raster/splat_records.h"
#include "reconstruction/splat_video/deformation_graph.h"

#include <span>
#include <vector>

namespace diorama {

// The splats of a group as its graph carries them: weights and places at rest, in the group's first frame.
struct CarriedSplats {
  std::vector<glm::vec3> rest;
  std::vector<NodeWeights> weights;
};

CarriedSplats carried_splats(const DeformationGraph& graph, std::span<const float> records, SplatLayout layout,
                             ThreadPool& pool);

// The records after the graph has moved from one pose to another. What fine-tuning has changed beside the graph's own
// motion turns along; colours' harmonics turn with their splats.
AlignedVector<float> moved(const CarriedSplats& carried, const DeformationGraph& graph, const GraphPose& from,
                           const GraphPose& to, std::span<const float> records, SplatLayout layout, ThreadPool& pool);

}  // namespace diorama
