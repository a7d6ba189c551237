#pragma once

#include "engine/raster/splat_records.h"
#include "reconstruction/splat_video/deformation_graph.h"
#include "reconstruction/splat_video/motion_solver.h"

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

// What a loss's derivatives say about the motion of a splat: by its centre, and by a rotation vector applied from the
// left.
struct SplatPull {
  glm::vec3 move{0.0f}, turn{0.0f};
};

// Of a record's derivatives.
SplatPull pull_of(std::span<const float> record, std::span<const float> gradient);

// The same motion for many poses, and back: from what pulls at the splats to what pulls at the nodes. Harmonics stay.
class SplatCarrier {
 public:
  // Splats as they are in the pose `from`. Graph and carried must stay.
  SplatCarrier(const CarriedSplats& carried, const DeformationGraph& graph, const GraphPose& from,
               std::span<const float> records, SplatLayout layout, ThreadPool& pool);

  // Sets position and rotation of the records.
  void carry(const GraphPose& to, std::span<float> records, ThreadPool& pool) const;
  // Derivatives by the steps of the nodes (as `moved` applies them to a pose), at the pose `to`. One pull a splat.
  std::vector<NodeStep> pulled(const GraphPose& to, std::span<const SplatPull> pulls, ThreadPool& pool) const;

 private:
  struct Carried {       // of a splat, in the graph's frame at rest
    glm::quat rotation;  // xyzw of the record, turned back
    glm::vec3 beside;    // the centre's distance from where the graph alone puts it, turned back
  };
  struct Share {  // of a node in a splat
    uint32_t splat = 0;
    float weight = 0;
  };
  const CarriedSplats& carried_;
  const DeformationGraph& graph_;
  SplatLayout layout_;
  std::vector<Carried> splats_;
  std::vector<size_t> first_share_;  // of each node, and the end
  std::vector<Share> shares_;
};

}  // namespace diorama
