#pragma once

#include "capture/capture.h"
#include "tools/cli/command.h"

#include <string>

namespace diorama {

// Scores the held-out frames of a splat video that was just written, keeps their means in its record, and writes the
// page, if one is asked for. Returns what to tell of them; nothing where no held-out frame was taken while it
// lasts, which is an error with a page.
std::string score_splat_video(const std::string& glb, const Capture& capture, const std::string& capture_path,
                              const std::string& html, const Settings& settings, JobContext& job);

}  // namespace diorama
