#pragma once

#include "capture/readers/reader.h"

#include <string_view>
#include <vector>

namespace diorama {

// What capture.json (docs/captures.md) says, before any image was looked at.
struct CaptureJson {
  CaptureContent content;         // all but the source
  std::vector<FrameFiles> files;  // relative to the file; "ids" are no part of a capture
  double depth_unit_m = 0.001;
};

// Error kInvalidInput names key and frame; kUnsupported another version.
CaptureJson parse_capture_json(std::string_view text);

}  // namespace diorama
