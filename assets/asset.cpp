#include "assets/asset.h"

namespace diorama {

Bounds bounds_of(const Asset& asset) {
  Bounds bounds;
  const auto extend = [&](const Bounds& part) {
    if (part.empty()) return;
    bounds.extend(part.min);
    bounds.extend(part.max);
  };
  for (const MeshPart& part : asset.meshes) extend(bounds_of(part.mesh));
  for (const SplatPart& part : asset.splats) extend(bounds_of(part.cloud));
  return bounds;
}

}  // namespace diorama
