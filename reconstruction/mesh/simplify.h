#pragma once

#include "engine/scene/mesh.h"

#include <cstddef>

namespace diorama {

struct SimplifyOptions {
  float max_error_m = 0;     // the surface may move this far; 0: not simplified for its own sake
  float max_color_step = 0;  // sRGB [0, 1]: where colours change by more between neighbours, all vertices stay; 0: off
  size_t max_triangles = 0;  // kept whatever it costs; 0: none
};

// Quadric simplification that keeps a subset of the vertices as they are (positions, normals, colours), drops
// degenerate triangles, and orders triangles and vertices for a GPU's caches.
void simplify(Mesh& mesh, const SimplifyOptions& options);

}  // namespace diorama
