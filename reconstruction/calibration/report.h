#pragma once

#include "capture/calibration_file.h"
#include "reconstruction/calibration/calibrate.h"
#include "reconstruction/calibration/exposures.h"
#include "reconstruction/calibration/poses.h"

#include <optional>
#include <string>

namespace diorama {

// What one run found, part by part; a part that was not asked for is absent.
struct CalibrationReport {
  std::optional<CalibrationResult> rig;
  std::optional<ExposureResult> exposures;
  std::optional<PoseResult> poses;
};

// What of it to use: `only_what_pays` leaves out the parts that do not.
CaptureCalibration calibration_from(const CalibrationReport& report, const Capture& capture, bool only_what_pays);

// The calibration's file: what was found, with uncertainties and residuals. `calibration` is what a run found or
// started from.
std::string to_json(const CalibrationReport& report, const CaptureCalibration& calibration);
std::string to_text(const CalibrationReport& report);

}  // namespace diorama
