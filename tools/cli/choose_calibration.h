#pragma once

#include "capture/capture.h"
#include "tools/cli/command.h"

#include <string>

namespace diorama {

// Sets the rig that the capture's colour is placed by. `choice`: "none", as shipped; "auto", the capture's own, or an
// estimate where the capture does not know it and the colours agree better with it; else a file that calibrate wrote.
void choose_calibration(Capture& capture, const std::string& choice, TerminalJob& terminal);

}  // namespace diorama
