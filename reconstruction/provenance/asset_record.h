#pragma once

#include "assets/asset.h"
#include "capture/capture.h"

#include <string>
#include <vector>

namespace diorama {

// What every fit says of itself: tool version, capture, calibration in use, and +Y up from the capture's up direction.
// Not scored yet.
AssetRecord asset_record(const Capture& capture, std::string representation, std::string options_json);

// What must be the same for a checkpoint to be continued: capture, its calibration, frames and options, as a JSON
// object.
std::string fit_identity(const Capture& capture, const std::vector<size_t>& frames, const std::string& options_json);

}  // namespace diorama
