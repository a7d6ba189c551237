#pragma once

#include "capture/synth/figure.h"
#include "capture/synth/geometry.h"

namespace diorama {

// The dancer and its bouncing ball at a moment, on a round stage in a studio; `cutout`: without stage and studio.
SynthGeometry make_performance(const SynthFigure& figure, double time_s, bool cutout);

}  // namespace diorama
