#pragma once

#include "engine/scene/splat_cloud.h"
#include "reconstruction/splats/training_set.h"

#include <cstdint>
#include <vector>

namespace diorama {

// A point on the scene's surface to start a splat from.
struct StartPoint {
  glm::vec3 position{0.0f};
  glm::vec3 normal{0.0f};  // unit, towards the camera that saw it; zero where unknown
  glm::vec3 color{0.5f};   // sRGB
  float pixel_m = 0.0f;    // size of a training pixel there, metres
};

struct StartOptions {
  size_t count = 30000;
  float voxel_m = 0.015f;
  uint64_t seed = 1;
};

// Points of the fused surface as the training views see it (position, normal; colour from the view), about
// options.count of them, denser where the cameras came nearer. Empty where fusion finds no surface.
std::vector<StartPoint> surface_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                       JobContext& job);

// Random points of the volume that the cameras look at: around the point nearest to all optical axes for cameras that
// look inwards, else in front of the cameras. For captures without depth.
std::vector<StartPoint> volume_points(const TrainingSet& set, const StartOptions& options);

// surface_points() where frames have depth and fusion finds a surface, else the capture's own points (sparse_start.h).
// Else swept_points(), but not for objects on a transparent background, and volume_points() for the rest of
// options.count.
std::vector<StartPoint> start_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                     JobContext& job);

// About `count` of the points: one a cell of a grid whose cells grow with pixel_m. Keeps the order.
std::vector<StartPoint> thinned(const std::vector<StartPoint>& points, size_t count);

// One splat a point: flat on the surface where its normal is known, round elsewhere; as wide as the points are apart
// (mean distance of the three nearest).
SplatCloud splats_at(const std::vector<StartPoint>& points, int sh_degree, ThreadPool& pool);

}  // namespace diorama
