#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/calibration/photometric.h"

#include <vector>

namespace diorama {

// Luma (BT.709 weights on sRGB values) of every frame's colour, level by level: [level][frame], level 0 in full size,
// each next half as large by 2x2 means. Levels are smoothed by a 3x3 binomial filter, so that their gradients reach
// over a pixel. Costs 4/3 * 4 bytes a pixel and frame.
std::vector<std::vector<GreyFrame>> grey_pyramids(const Capture& capture, const std::vector<size_t>& frames, int levels,
                                                  JobContext& job);

// One such level alone.
ImageF32 grey_level(const ImageRgba8& color, int level);

}  // namespace diorama
