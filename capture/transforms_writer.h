#pragma once

#include "capture/capture.h"

#include <string>

namespace diorama {

// A transforms.json as nerfstudio reads it: fl_x, fl_y, cx, cy, w, h and transform_matrix (world_from_camera, OpenGL
// axes: +y up, -z forward) for each frame's colour camera, `split` "train", "test" or "val", file_path the frame's id.
// The world is the capture's. `calibration`: of the rig, where colour is not registered to depth.
std::string transforms_json(const Capture& capture, const std::optional<RigCalibration>& calibration);

}  // namespace diorama
