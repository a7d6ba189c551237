#pragma once

#include "reconstruction/splat_video/deformation_graph.h"

#include <memory>
#include <vector>

namespace diorama {

// Pulls a sample of the graph to a target: weight * |normal . (p' - target)|^2 + weight * slide * |p' - target|^2.
struct PlaneTerm {
  uint32_t sample = 0;
  glm::dvec3 target{0.0}, normal{0.0};
  double weight = 0, slide = 0;
};

// What a pose is judged by: the terms, and how far each edge is from moving rigidly with either of its nodes (Sumner et
// al. 2007, equation 6), times `rigidity`.
struct MotionTerms {
  std::vector<PlaneTerm> planes;
  double rigidity = 1;
};

double motion_energy(const DeformationGraph& graph, const GraphPose& pose, const MotionTerms& terms);

// A node's part of a step: a rotation vector (applied from the left) and a translation.
struct NodeStep {
  glm::dvec3 turn{0.0}, move{0.0};
};
GraphPose moved(const GraphPose& pose, const std::vector<NodeStep>& step);

// Gauss-Newton on the energy; the pattern of the normal equations is analysed once a graph, which must stay.
class MotionSolver {
 public:
  explicit MotionSolver(const DeformationGraph& graph);
  ~MotionSolver();

  // Half the energy's gradient by the steps' entries, at step 0.
  std::vector<NodeStep> gradient(const GraphPose& pose, const MotionTerms& terms);
  // One step, with `damping` added to the diagonal.
  std::vector<NodeStep> step(const GraphPose& pose, const MotionTerms& terms, double damping);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
