#pragma once

#include "capture/capture.h"

#include <optional>
#include <string>
#include <string_view>

namespace diorama {

// The frame's colour camera: as shipped without a calibration; with one, the calibrated K (at the frame's image size)
// at the pose that the depth camera's pose and color_from_depth give.
Camera color_camera(const Frame& frame, const std::optional<RigCalibration>& calibration);

// {"size":[w,h],"focal":[fx,fy],"center":[cx,cy],"color_from_depth":[16, row-major]}, with a lens
// "distortion":{"k1":..,"k2":..,"k3":..,"p1":..,"p2":..}. Other keys are left alone. Reading checks everything.
std::string to_json(const RigCalibration& calibration);
RigCalibration rig_calibration_from_json(std::string_view json);

}  // namespace diorama
