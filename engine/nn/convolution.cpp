#include "engine/nn/convolution.h"

#include <algorithm>

namespace diorama {
namespace {

using Image = ConvolutionShape::Image;

// Pixels whose windows are laid out at a time: about 128 KiB of them, and no more than a GEMM likes.
size_t pixels_at_a_time(size_t window) {
  return std::clamp<size_t>(32768 / window, 12, 192);
}

// Which taps of the kernel reach a phase of the large image: offset, offset + stride, ...
size_t taps_of(const ConvolutionShape& shape, size_t phase) {
  return phase < shape.kernel ? (shape.kernel - phase - 1) / shape.stride + 1 : 0;
}

// A run of pixels of one output image row: from column `first`, `step` apart.
struct PixelRun {
  size_t first = 0, count = 0, step = 1;
};

// Copies pixel (y, x) of the item, or zeros where it is outside.
float* copy_pixel(const Image& image, const float* item, ptrdiff_t y, ptrdiff_t x, float* to) {
  const bool inside =
      y >= 0 && x >= 0 && y < static_cast<ptrdiff_t>(image.height) && x < static_cast<ptrdiff_t>(image.width);
  if (inside) {
    const size_t pixel = static_cast<size_t>(y) * image.width + static_cast<size_t>(x);
    return std::copy_n(item + pixel * image.channels, image.channels, to);
  }
  return std::fill_n(to, image.channels, 0.0f);
}

// The windows of the large image around the small one's pixels (im2col).
void gather_windows(const ConvolutionShape& shape, const float* large_item, size_t y, size_t first, size_t count,
                    float* windows) {
  const auto stride = static_cast<ptrdiff_t>(shape.stride), padding = static_cast<ptrdiff_t>(shape.padding);
  const ptrdiff_t top = static_cast<ptrdiff_t>(y) * stride - padding;
  for (size_t i = 0; i < count; ++i) {
    const ptrdiff_t left = static_cast<ptrdiff_t>(first + i) * stride - padding;
    for (size_t ky = 0; ky < shape.kernel; ++ky) {
      for (size_t kx = 0; kx < shape.kernel; ++kx) {
        windows = copy_pixel(shape.large, large_item, top + static_cast<ptrdiff_t>(ky),
                             left + static_cast<ptrdiff_t>(kx), windows);
      }
    }
  }
}

// Where the phases of one axis meet the small image: large position o has phase (o + p) mod s, and tap t of that phase
// reads small position (o + p) / s - t.
struct PhaseWindow {
  size_t taps_y = 0, taps_x = 0;
  ptrdiff_t small_y = 0;
};

void gather_phase(const ConvolutionShape& shape, const float* small_item, const PhaseWindow& phase, const PixelRun& run,
                  float* windows) {
  for (size_t i = 0; i < run.count; ++i) {
    const size_t x = run.first + i * run.step;
    const auto small_x = static_cast<ptrdiff_t>((x + shape.padding) / shape.stride);
    for (size_t ty = 0; ty < phase.taps_y; ++ty) {
      for (size_t tx = 0; tx < phase.taps_x; ++tx) {
        windows = copy_pixel(shape.small, small_item, phase.small_y - static_cast<ptrdiff_t>(ty),
                             small_x - static_cast<ptrdiff_t>(tx), windows);
      }
    }
  }
}

size_t phase_window(const ConvolutionShape& shape, size_t phase_y, size_t phase_x) {
  return taps_of(shape, phase_y) * taps_of(shape, phase_x) * shape.small.channels;
}

// Calls visit(phase_y, phase_x, floats before the phase's packed weights).
template <class Visit>
size_t for_each_phase(const ConvolutionShape& shape, Visit&& visit) {
  size_t offset = 0;
  for (size_t y = 0; y < shape.stride; ++y) {
    for (size_t x = 0; x < shape.stride; ++x) {
      visit(y, x, offset);
      offset += packed_weights_size(phase_window(shape, y, x), shape.large.channels);
    }
  }
  return offset;
}

// Pixels of a phase without taps have the bias alone.
void fill_phase(PackedWeights b, const PixelRun& run, size_t channels, bool accumulate, float* row) {
  for (size_t i = 0; i < run.count && !accumulate; ++i) {
    std::copy_n(b.packed, channels, row + (run.first + i * run.step) * channels);
  }
}

struct LargeRow {
  const float* small_item;
  size_t y;
  float* pixels;
};

void convolve_phase(const ConvolutionShape& shape, const LargeRow& row, size_t phase_x, PackedWeights b,
                    bool accumulate, float* scratch) {
  const size_t y = row.y + shape.padding;
  const PhaseWindow phase{taps_of(shape, y % shape.stride), taps_of(shape, phase_x),
                          static_cast<ptrdiff_t>(y / shape.stride)};
  const size_t channels = shape.large.channels;
  PixelRun run{(phase_x + shape.stride - shape.padding % shape.stride) % shape.stride, 0, shape.stride};
  while (run.first < shape.large.width) {
    const size_t left = (shape.large.width - run.first - 1) / run.step + 1;
    run.count = std::min(left, pixels_at_a_time(std::max<size_t>(b.k, 1)));
    if (b.k == 0) {
      fill_phase(b, run, channels, accumulate, row.pixels);
    } else {
      gather_phase(shape, row.small_item, phase, run, scratch);
      multiply_rows(scratch, b.k, run.count, b, accumulate, row.pixels + run.first * channels, run.step * channels);
    }
    run.first += run.count * run.step;
  }
}

}  // namespace

size_t convolution_scratch_size(const ConvolutionShape& shape) {
  const size_t window = shape.window_size();
  size_t size = pixels_at_a_time(window) * window;
  size += outer_scratch_size(pixels_at_a_time(window), window, shape.small.channels);
  for_each_phase(shape, [&](size_t y, size_t x, size_t) {
    const size_t phase = phase_window(shape, y, x);
    size = std::max(size, pixels_at_a_time(std::max<size_t>(phase, 1)) * phase);
  });
  return size;
}

size_t packed_gather_size(const ConvolutionShape& shape) {
  return packed_weights_size(shape.window_size(), shape.small.channels);
}

void pack_gather(const ConvolutionShape& shape, const float* weights, const float* bias, float* packed) {
  const size_t n = shape.small.channels;
  const size_t k = shape.window_size();
  pack_weights({weights, k, n, n, 1}, 0, k, packed);
  pack_bias(bias, k, n, packed);
}

void convolve(const ConvolutionShape& shape, const float* packed, const float* large, float* small, ImageRows rows,
              bool accumulate, float* scratch) {
  const size_t window = shape.window_size(), channels = shape.small.channels;
  const size_t most = pixels_at_a_time(window);
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const size_t item = row / shape.small.height, y = row % shape.small.height;
    const float* const large_item = large + item * shape.large.height * shape.large.row_size();
    float* const out = small + row * shape.small.row_size();
    for (size_t x = 0; x < shape.small.width; x += most) {
      const size_t count = std::min(most, shape.small.width - x);
      gather_windows(shape, large_item, y, x, count, scratch);
      multiply_rows(scratch, window, count, {packed, window, channels}, accumulate, out + x * channels, channels);
    }
  }
}

size_t packed_phases_size(const ConvolutionShape& shape) {
  return for_each_phase(shape, [](size_t, size_t, size_t) {});
}

void pack_phases(const ConvolutionShape& shape, const float* weights, const float* bias, float* packed) {
  const size_t large = shape.large.channels, small = shape.small.channels;
  for_each_phase(shape, [&](size_t phase_y, size_t phase_x, size_t offset) {
    // Panels of the phase's taps, one tap's transposed weights below the other's.
    const size_t taps_y = taps_of(shape, phase_y), taps_x = taps_of(shape, phase_x);
    const size_t k = phase_window(shape, phase_y, phase_x);
    pack_bias(bias, k, large, packed + offset);
    for (size_t ty = 0; ty < taps_y; ++ty) {
      for (size_t tx = 0; tx < taps_x; ++tx) {
        const size_t ky = phase_y + ty * shape.stride, kx = phase_x + tx * shape.stride;
        const float* const tap = weights + (ky * shape.kernel + kx) * large * small;
        pack_weights({tap, small, large, 1, small}, (ty * taps_x + tx) * small, k, packed + offset);
      }
    }
  });
}

void convolve_transposed(const ConvolutionShape& shape, const float* packed, const float* small, float* large,
                         ImageRows rows, bool accumulate, float* scratch) {
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const size_t item = row / shape.large.height, y = row % shape.large.height;
    const LargeRow large_row{small + item * shape.small.height * shape.small.row_size(), y,
                             large + row * shape.large.row_size()};
    for_each_phase(shape, [&](size_t phase_y, size_t phase_x, size_t offset) {
      if ((y + shape.padding) % shape.stride != phase_y) return;
      const PackedWeights b{packed + offset, phase_window(shape, phase_y, phase_x), shape.large.channels};
      convolve_phase(shape, large_row, phase_x, b, accumulate, scratch);
    });
  }
}

void accumulate_convolution_weights(const ConvolutionShape& shape, const float* large, const float* small,
                                    ImageRows small_rows, float* weights_gradient, float* scratch) {
  const size_t window = shape.window_size(), channels = shape.small.channels;
  const size_t most = pixels_at_a_time(window);
  float* const outer_scratch = scratch + most * window;
  for (size_t row = small_rows.begin; row < small_rows.end; ++row) {
    const size_t item = row / shape.small.height, y = row % shape.small.height;
    const float* const large_item = large + item * shape.large.height * shape.large.row_size();
    const float* const pixels = small + row * shape.small.row_size();
    for (size_t x = 0; x < shape.small.width; x += most) {
      const size_t count = std::min(most, shape.small.width - x);
      gather_windows(shape, large_item, y, x, count, scratch);
      accumulate_outer(scratch, window, window, pixels + x * channels, channels, channels, count, weights_gradient,
                       outer_scratch);
    }
  }
}

void accumulate_channel_sums(const float* pixels, size_t pixel_count, size_t channels, float* sums) {
  for (size_t i = 0; i < pixel_count; ++i, pixels += channels) {
    for (size_t c = 0; c < channels; ++c) sums[c] += pixels[c];
  }
}

}  // namespace diorama
