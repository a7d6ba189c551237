// How a splat fades, read by C++ and shaders.
#ifdef __cplusplus
#pragma once
#include <cmath>
namespace diorama {
#define DIO_FADE_FUNCTION inline
#define DIO_FADE_MIN std::fmin
#define DIO_FADE_POW std::pow
#else
#define DIO_FADE_FUNCTION
#define DIO_FADE_MIN min
#define DIO_FADE_POW pow
#endif

// Opacity at a weight in [0, 1]: the optical depth times the weight, so that what lets a share T of the light through
// lets T^weight through. Two clouds alike with weights w and 1 - w then hide as much as either alone. Drawn alphas end
// at 0.99, and so does the optical depth.
DIO_FADE_FUNCTION float faded_opacity(float opacity, float weight) {
  if (!(weight < 1.0f) || !(opacity > 0.0f)) return opacity;
  const float most = DIO_FADE_MIN(opacity, 0.99f);
  return opacity * (1.0f - DIO_FADE_POW(1.0f - most, weight)) / most;
}

#undef DIO_FADE_FUNCTION
#undef DIO_FADE_MIN
#undef DIO_FADE_POW
#ifdef __cplusplus
}  // namespace diorama
#endif
