#pragma once

#include "engine/scene/camera.h"

#include <string_view>
#include <vector>

namespace diorama {

// The text of a `pose.txt`: exactly 16 numbers, world_from_camera of the depth camera by rows, OpenCV axes, metres.
Rigid parse_seven_scenes_pose(std::string_view text);

// The text of TrainSplit.txt or TestSplit.txt: a line "sequence7" (or "seq-07") each; the numbers in file order.
std::vector<int> parse_seven_scenes_split(std::string_view text);

// The published nominal depth camera, at the size of the image.
Camera seven_scenes_camera(glm::ivec2 size_px, const Rigid& world_from_camera);

// Depth counts that mean nothing beside 0.
inline constexpr uint16_t kSevenScenesInvalid = 65535;

}  // namespace diorama
