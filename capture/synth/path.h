#pragma once

#include "engine/scene/camera.h"

namespace diorama {

// A hand-held walk once around the room in kRoomLoopS seconds, looking across it; world_from_camera.
inline constexpr double kRoomLoopS = 12.0;
Rigid room_pose(double time_s);

// Camera `index` of a ring around the stage, looking at the figure.
Rigid ring_pose(int index, int count);

// Camera at `position` that looks at `target`, its right side level and then turned by `roll`, radians.
Rigid look_at(glm::vec3 position, glm::vec3 target, float roll = 0);

}  // namespace diorama
