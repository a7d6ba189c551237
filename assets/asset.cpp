#include "assets/asset.h"

namespace diorama {

Bounds bounds_of(const Asset& asset) {
  Bounds bounds;
  for (const MeshPart& part : asset.meshes) {
    const Bounds part_bounds = bounds_of(part.mesh);
    if (part_bounds.empty()) continue;
    bounds.extend(part_bounds.min);
    bounds.extend(part_bounds.max);
  }
  return bounds;
}

}  // namespace diorama
