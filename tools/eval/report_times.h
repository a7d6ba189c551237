#pragma once

#include "tools/eval/scores.h"

#include <string>

namespace diorama {

// Scores over time as HTML: a table of the cameras, and a curve a camera of PSNR, in the mask and where something
// moves. Empty where the frames name no cameras, or have fewer than two times.
std::string times_section(const EvalReport& report);

}  // namespace diorama
