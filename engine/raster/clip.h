#pragma once

#include "engine/raster/screen_triangles.h"

#include <array>

namespace diorama {

struct ClipVertex {
  glm::dvec3 p_in_camera{0.0};
  glm::dvec3 barycentric{0.0};  // in the whole triangle
  int corner = -1;              // of the whole triangle, -1: made by a cut
};

// Three corners and one more for each of five planes.
struct ClipPolygon {
  std::array<ClipVertex, 8> vertices;
  int count = 0;
};

// Cuts a triangle at the near plane and at the guard band. A point on an edge comes out the same to the bit for both
// triangles that share the edge, so that no crack opens.
ClipPolygon clip_triangle(const std::array<glm::dvec3, 3>& corners_in_camera, const Viewport& viewport);

// Position in snapped and exact pixels; the point lies inside the near plane and (but for rounding) the guard band.
ScreenVertex project_clipped(glm::dvec3 p_in_camera, const Viewport& viewport);

}  // namespace diorama
