#pragma once

#include "capture/capture.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// What was found of a capture beyond what it ships, as `diorama calibrate` writes it; docs/calibration.md.
struct CaptureCalibration {
  std::optional<RigCalibration> rig;    // nothing: colour as the capture says
  std::vector<FrameCorrection> frames;  // of training frames
};

inline constexpr int kCalibrationVersion = 2;

// The rig's keys (see rig.h), "version", and "frames": [{"id", "gain", "turn_deg", "shift_mm"}]. A frame's turn (axis
// times angle) and shift are in its camera's axes. Written to 1e-6 of a gain, 1e-6 degrees, 1e-4 mm. Reading takes the
// keys of a rig alone (no version, no frames) too, ignores keys that it does not know, and checks everything: Error
// kUnsupported, another version; kInvalidInput.
std::string to_json(const CaptureCalibration& calibration);
CaptureCalibration capture_calibration_from_json(std::string_view json);

// What a capture is set to, its own rig included.
CaptureCalibration calibration_of(const Capture& capture);

// Sets the capture to the calibration: its rig where it has one, and its corrections. Error as set_corrections.
void apply(const CaptureCalibration& calibration, Capture& capture);

}  // namespace diorama
