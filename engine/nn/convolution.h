#pragma once

#include "engine/nn/gemm.h"

#include <cstddef>

namespace diorama {

// A k x k convolution between images of rows x columns x channels, of zero outside. Its weights are
// [ky][kx][channel of large][channel of small]. The transposed convolution is its adjoint: it leads from the small to
// the large image with the same weights.
//
//   small(y, x) = sum of large(y s - p + ky, x s - p + kx) W(ky, kx)
struct ConvolutionShape {
  struct Image {
    size_t height = 0, width = 0, channels = 0;
    size_t row_size() const { return width * channels; }
  };
  Image large, small;
  size_t kernel = 1, stride = 1, padding = 0;

  size_t window_size() const { return kernel * kernel * large.channels; }
  size_t weight_count() const { return window_size() * small.channels; }
};

// Image rows of a batch: row y of item i is number i * height + y.
struct ImageRows {
  size_t begin = 0, end = 0;
};

// Floats of working memory for any of the functions below.
size_t convolution_scratch_size(const ConvolutionShape& shape);

// large -> small. `bias` (of small's channels) may be null.
size_t packed_gather_size(const ConvolutionShape& shape);
void pack_gather(const ConvolutionShape& shape, const float* weights, const float* bias, float* packed);
void convolve(const ConvolutionShape& shape, const float* packed, const float* large, float* small, ImageRows rows,
              bool accumulate, float* scratch);

// small -> large, one GEMM for each of the stride x stride phases of the large image: no scatter, no zeros multiplied.
// `bias` (of large's channels) may be null.
size_t packed_phases_size(const ConvolutionShape& shape);
void pack_phases(const ConvolutionShape& shape, const float* weights, const float* bias, float* packed);
void convolve_transposed(const ConvolutionShape& shape, const float* packed, const float* small, float* large,
                         ImageRows rows, bool accumulate, float* scratch);

// weights_gradient += what the rows of small tell: small is dL/d(output) of the convolution, or the input of the
// transposed one, whose dL/d(output) is large.
void accumulate_convolution_weights(const ConvolutionShape& shape, const float* large, const float* small,
                                    ImageRows small_rows, float* weights_gradient, float* scratch);

// sums[c] += sum over the pixels of the rows.
void accumulate_channel_sums(const float* pixels, size_t pixel_count, size_t channels, float* sums);

}  // namespace diorama
