#pragma once

#include "assets/asset.h"
#include "engine/scene/camera.h"

#include <vector>

namespace diorama {

// Cameras around a box, evenly spread over one turn about +Y from `start_turn` (radians, 0 is +Z), looking at its
// middle from 30 degrees above; all at the distance from which every one of them sees the whole box.
std::vector<Camera> orbit_cameras(const Bounds& bounds, float start_turn, int count, glm::ivec2 size_px);

// The box that a view from outside should hold: of meshes all, of splats without the outermost hundredth at either end
// of an axis, where floaters are.
Bounds view_bounds(const Asset& asset);

// The turn from which most of the asset's surface shows its front: into a room whose walls are seen from inside only.
float best_turn(const Asset& asset);

}  // namespace diorama
