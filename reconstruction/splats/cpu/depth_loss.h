#pragma once

#include "engine/base/thread_pool.h"
#include "engine/raster/splat_planes.h"
#include "engine/scene/image.h"

namespace diorama {

// weight * mean over measured pixels of sqrt(u^2 + tau^2) - tau, u = (D - A z) / z with D the drawn depth plane, A the
// alpha plane and z the measured depth: each splat is drawn towards z in proportion to its weight, and outliers pull
// with bounded strength. Adds dL/dD and dL/dA to `gradient`; returns the loss. tau = 0.02: Kinect's noise at 3 m is 1
// %.
double add_depth_loss(const SplatPlanes& image, const ImageF32& depth_m, float weight, SplatPlanes& gradient,
                      ThreadPool& pool);

// weight * mean over pixels with a normal of (A - N . n): N the drawn normal planes, n the normals of the measured
// surface. Adds its derivatives to `gradient`.
double add_normal_loss(const SplatPlanes& image, const ImageRgb& normals, float weight, SplatPlanes& gradient,
                       ThreadPool& pool);

}  // namespace diorama
