#include "engine/raster/separable.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/separable.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// out[x] = sum over k of kernel[k] * taps[k][x], four vectors at a time.
void WeightedSum(const float* const* taps, const float* kernel, size_t length, float* out, size_t count) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t x = 0;
  for (; x + 4 * lanes <= count; x += 4 * lanes) {
    auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (size_t k = 0; k < length; ++k) {
      const auto weight = hn::Set(d, kernel[k]);
      const float* const in = taps[k] + x;
      s0 = hn::MulAdd(weight, hn::LoadU(d, in), s0);
      s1 = hn::MulAdd(weight, hn::LoadU(d, in + lanes), s1);
      s2 = hn::MulAdd(weight, hn::LoadU(d, in + 2 * lanes), s2);
      s3 = hn::MulAdd(weight, hn::LoadU(d, in + 3 * lanes), s3);
    }
    hn::StoreU(s0, d, out + x);
    hn::StoreU(s1, d, out + x + lanes);
    hn::StoreU(s2, d, out + x + 2 * lanes);
    hn::StoreU(s3, d, out + x + 3 * lanes);
  }
  const hn::CappedTag<float, 1> one;
  for (; x < count; ++x) {
    auto sum = hn::Zero(one);
    for (size_t k = 0; k < length; ++k) sum = hn::MulAdd(hn::Set(one, kernel[k]), hn::LoadU(one, taps[k] + x), sum);
    hn::StoreU(sum, one, out + x);
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(WeightedSum);

void weighted_sum(std::span<const float* const> taps, std::span<const float> kernel, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(WeightedSum)(taps.data(), kernel.data(), kernel.size(), out.data(), out.size());
}

constexpr size_t kRowGrain = 16;

ImageF32 filter_rows(const ImageF32& image, std::span<const float> kernel, ThreadPool& pool) {
  ImageF32 result(image.size_px());
  const size_t radius = kernel.size() / 2, width = static_cast<size_t>(image.width());
  pool.parallel_for(static_cast<size_t>(image.height()), kRowGrain, [&](size_t begin, size_t end) {
    std::vector<float> padded(width + 2 * radius);
    std::vector<const float*> taps(kernel.size());
    for (size_t k = 0; k < taps.size(); ++k) taps[k] = padded.data() + k;
    for (int y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      const std::span<const float> row = image.row(y);
      const auto left = padded.begin() + static_cast<ptrdiff_t>(radius);
      std::fill(padded.begin(), left, row.front());
      std::copy(row.begin(), row.end(), left);
      std::fill(left + static_cast<ptrdiff_t>(width), padded.end(), row.back());
      weighted_sum(taps, kernel, result.row(y));
    }
  });
  return result;
}

ImageF32 filter_columns(const ImageF32& image, std::span<const float> kernel, ThreadPool& pool) {
  ImageF32 result(image.size_px());
  const int radius = static_cast<int>(kernel.size() / 2);
  pool.parallel_for(static_cast<size_t>(image.height()), kRowGrain, [&](size_t begin, size_t end) {
    std::vector<const float*> taps(kernel.size());
    for (int y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (size_t k = 0; k < taps.size(); ++k) {
        taps[k] = image.row(std::clamp(y + static_cast<int>(k) - radius, 0, image.height() - 1)).data();
      }
      weighted_sum(taps, kernel, result.row(y));
    }
  });
  return result;
}

}  // namespace

std::vector<ImageF32> filter_separable(const ImageF32& image, std::span<const SeparableKernel> kernels,
                                       ThreadPool& pool) {
  std::vector<ImageF32> results;
  ImageF32 rows;
  for (size_t i = 0; i < kernels.size(); ++i) {
    DIO_CHECK(kernels[i].along_x.size() % 2 == 1 && kernels[i].along_y.size() % 2 == 1);
    const bool shared = i > 0 && kernels[i].along_x == kernels[i - 1].along_x;
    if (!shared) rows = filter_rows(image, kernels[i].along_x, pool);
    results.push_back(filter_columns(rows, kernels[i].along_y, pool));
  }
  return results;
}

std::vector<float> gaussian_kernel(double sigma, int radius) {
  DIO_CHECK(sigma > 0 && radius >= 0);
  std::vector<double> weights;
  double sum = 0;
  for (int x = -radius; x <= radius; ++x) {
    weights.push_back(std::exp(-x * x / (2 * sigma * sigma)));
    sum += weights.back();
  }
  std::vector<float> kernel;
  for (const double weight : weights) kernel.push_back(static_cast<float>(weight / sum));
  return kernel;
}

}  // namespace diorama
#endif  // HWY_ONCE
