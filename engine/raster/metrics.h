#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/image.h"

#include <optional>

namespace diorama {

// Image metrics on 8-bit sRGB; alpha is ignored. Sizes must agree.

// dB over all pixels and channels, peak 255. Equal pictures give +infinity.
double psnr(const ImageRgba8& a, const ImageRgba8& b);

// The same over the pixels where `where` is not 0; nothing if there is none.
std::optional<double> psnr_where(const ImageRgba8& a, const ImageRgba8& b, const ImageU8& where);

// Mean structural similarity (Wang et al. 2004): 11x11 Gaussian window, sigma 1.5, K1 = 0.01, K2 = 0.03, each of R, G,
// B on [0, 1], mean over channels and the pixels whose window lies inside. Needs at least 11x11 pixels.
double ssim(const ImageRgba8& a, const ImageRgba8& b, ThreadPool& pool);

// FLIP (Andersson et al. 2020), LDR, error map in [0, 1].
ImageF32 flip_map(const ImageRgba8& reference, const ImageRgba8& test, ThreadPool& pool,
                  float pixels_per_degree = 67.0f);
double mean_of(const ImageF32& map);

// Mean |a - b| where both are > 0; nothing if there is no such pixel.
std::optional<double> depth_mae(const ImageF32& a_m, const ImageF32& b_m);

}  // namespace diorama
