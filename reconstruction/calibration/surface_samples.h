#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "engine/scene/mesh.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// One frame's view of one surface point.
struct Observation {
  uint32_t frame = 0;       // index into SurfaceSamples::frames
  glm::vec3 p_in_depth{0};  // the point in the frame's depth camera, m
};

// Points of a fused surface with the frames that see them, by the frames' own depth. Observations of point k are
// [first[k], first[k + 1]).
struct SurfaceSamples {
  std::vector<size_t> frames;  // indices into the capture
  std::vector<Observation> observations;
  std::vector<uint32_t> first{0};
  std::vector<glm::vec3> positions, normals;  // of the points, in the world
  size_t point_count() const { return first.size() - 1; }
};

struct SampleOptions {
  size_t max_points = 60000;
  int min_views = 4;               // points seen by fewer frames say nothing
  float depth_tolerance = 0.015f;  // of z: measured depth and surface agree this far
  float min_cosine = 0.35f;        // between view ray and normal; grazing views smear
};

// Points to take so that the observations of this many frames fit in some 50 MiB.
size_t points_for(size_t frames);

// Which of the frames see which vertices of `surface` (with normals, in the world of `depth_cameras`, one a frame). A
// pixel beside a depth
// discontinuity sees nothing: from the colour camera's place another surface may be there.
SurfaceSamples sample_surface(const Mesh& surface, const Capture& capture, const std::vector<size_t>& frames,
                              std::span<const Camera> depth_cameras, const SampleOptions& options, JobContext& job);

}  // namespace diorama
