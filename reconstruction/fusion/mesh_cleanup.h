#pragma once

#include "engine/scene/mesh.h"

#include <cstddef>

namespace diorama {

// Drops connected components (by shared vertices) with fewer triangles.
void remove_small_components(Mesh& mesh, size_t min_triangles);

// Drops triangles that use a vertex twice or whose area is below `min_area_m2`.
void remove_degenerate_triangles(Mesh& mesh, float min_area_m2);

// Drops vertices that no triangle uses; the rest keep their order.
void remove_unused_vertices(Mesh& mesh);

// Vertices with alpha 0 take the mean of their coloured neighbours, ring by ring; grey where no neighbour has any. All
// alphas are 1 afterwards.
void fill_missing_colors(Mesh& mesh);

}  // namespace diorama
