#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/image.h"

#include <span>
#include <vector>

namespace diorama {

// Separable filters on one channel; beyond the border the nearest pixel counts. Kernels have odd length and are
// applied without mirroring: out(x) = sum over k of kernel[k] * in(x + k - length / 2). SIMD, dispatched at run time.

// One output for each kernel pair: rows[i] along x, then columns[i] along y. Pairs that name the same row kernel share
// the work of the first pass if they stand side by side.
struct SeparableKernel {
  std::vector<float> along_x, along_y;
};

// Planes of 32-bit floats; kernels[i] gives result[i].
std::vector<ImageF32> filter_separable(const ImageF32& image, std::span<const SeparableKernel> kernels,
                                       ThreadPool& pool);

// exp(-x^2 / (2 sigma^2)) for |x| <= radius, sum 1.
std::vector<float> gaussian_kernel(double sigma, int radius);

}  // namespace diorama
