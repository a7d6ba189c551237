#pragma once

#include "engine/scene/image.h"

#include <span>
#include <vector>

// FLIP for low dynamic range: Andersson, Nilsson, Akenine-Moller, Oskarsson, Astrom, Fairchild, "FLIP: A Difference
// Evaluator for Alternating Images", HPG 2020.
namespace diorama {

// Linear sRGB to XYZ over the white point D65, so that white is (1, 1, 1); from the primaries' chromaticities.
// glm's order: a column per primary.
inline const glm::mat3 kFlipXyzFromRgb{
    10135552.0f / 23359437.0f, 2613072.0f / 12288897.0f, 1425312.0f / 80288504.0f,    // red
    8788810.0f / 23359437.0f,  8788810.0f / 12288897.0f, 8788810.0f / 80288504.0f,    // green
    4435075.0f / 23359437.0f,  887015.0f / 12288897.0f,  70074185.0f / 80288504.0f};  // blue

// Of one picture, after the eye's filters: Y, Cx, two parts that add up to Cz, edges along x and y, points along x and
// y.
using FlipPlanes = std::vector<ImageF32>;
constexpr size_t kFlipPlaneCount = 8;

// Error in [0, 1] of the pixels from `first` on. SIMD, dispatched at run time.
void flip_errors(const FlipPlanes& reference, const FlipPlanes& test, size_t first, std::span<float> errors);

}  // namespace diorama
