#pragma once

#include "assets/asset.h"
#include "capture/capture.h"

#include <string>

namespace diorama {

// What every fit says of itself: tool version, capture, calibration in use, and +Y up from the capture's up direction.
// Not scored yet.
AssetRecord asset_record(const Capture& capture, std::string representation, std::string options_json);

}  // namespace diorama
