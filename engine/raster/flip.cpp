#include "engine/raster/flip_pixels.h"
#include "engine/raster/metrics.h"
#include "engine/raster/separable.h"
#include "engine/scene/color.h"

#include <array>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr double kFeatureWidthDegrees = 0.082;  // w: peak to trough of the eye's edge detector
// Contrast sensitivity as a sum of a sqrt(pi / b) exp(-pi^2 x^2 / b), x in degrees (table 1).
constexpr double kAchromaticB = 0.0047, kRedGreenB = 0.0053;
constexpr double kBlueYellowA[2] = {34.1, 13.5}, kBlueYellowB[2] = {0.04, 0.025};

// Gaussian whose Fourier transform is that of the paper: exp(-pi^2 x^2 / b) has sigma sqrt(b / (2 pi^2)).
double sigma_px(double b, double pixels_per_degree) {
  return std::sqrt(b / 2) / std::numbers::pi * pixels_per_degree;
}

double sum_of_weights(double sigma, int radius) {
  double sum = 0;
  for (int x = -radius; x <= radius; ++x) sum += std::exp(-x * x / (2 * sigma * sigma));
  return sum;
}

// Taps below 2^-30 of the sum do not change a float result.
std::vector<float> without_tails(std::vector<float> kernel) {
  size_t cut = 0;
  while (cut < kernel.size() / 2 && kernel[cut] < 0x1p-30f) ++cut;
  return {kernel.begin() + static_cast<ptrdiff_t>(cut), kernel.end() - static_cast<ptrdiff_t>(cut)};
}

struct ColorKernels {
  SeparableKernel achromatic, red_green;
  std::array<SeparableKernel, 2> blue_yellow;  // their results add up
};

// The widest of the Gaussians sets the window of all: 3 sigma.
ColorKernels color_kernels(double pixels_per_degree) {
  const int radius = static_cast<int>(std::ceil(3 * sigma_px(kBlueYellowB[0], pixels_per_degree)));
  const auto gaussian = [&](double b) {
    return without_tails(gaussian_kernel(sigma_px(b, pixels_per_degree), radius));
  };
  ColorKernels kernels;
  kernels.achromatic = {gaussian(kAchromaticB), gaussian(kAchromaticB)};
  kernels.red_green = {gaussian(kRedGreenB), gaussian(kRedGreenB)};
  double share[2];
  for (int i = 0; i < 2; ++i) {
    const double sum = sum_of_weights(sigma_px(kBlueYellowB[i], pixels_per_degree), radius);
    share[i] = kBlueYellowA[i] * std::sqrt(std::numbers::pi / kBlueYellowB[i]) * sum * sum;
  }
  for (size_t i = 0; i < 2; ++i) {
    SeparableKernel& kernel = kernels.blue_yellow[i];
    kernel = {gaussian(kBlueYellowB[i]), gaussian(kBlueYellowB[i])};
    for (float& weight : kernel.along_x) weight *= static_cast<float>(share[i] / (share[0] + share[1]));
  }
  return kernels;
}

// Positive weights sum to 1, negative ones to -1.
std::vector<float> balanced(const std::vector<double>& weights) {
  double positive = 0, negative = 0;
  for (const double weight : weights) (weight > 0 ? positive : negative) += weight;
  std::vector<float> kernel;
  for (const double weight : weights) {
    kernel.push_back(static_cast<float>(weight > 0 ? weight / positive : -weight / negative));
  }
  return kernel;
}

// Edges along x and y, points along x and y: first and second derivatives of a Gaussian.
std::array<SeparableKernel, 4> feature_kernels(double pixels_per_degree) {
  const double sigma = 0.5 * kFeatureWidthDegrees * pixels_per_degree;
  const int radius = static_cast<int>(std::ceil(3 * sigma));
  std::vector<double> first, second;
  for (int x = -radius; x <= radius; ++x) {
    const double gaussian = std::exp(-x * x / (2 * sigma * sigma));
    first.push_back(-x * gaussian);
    second.push_back((x * x / (sigma * sigma) - 1) * gaussian);
  }
  const std::vector<float> smooth = gaussian_kernel(sigma, radius), edge = balanced(first), point = balanced(second);
  return {{{edge, smooth}, {smooth, edge}, {smooth, point}, {point, smooth}}};
}

// Linear YCxCz of an sRGB picture.
std::array<ImageF32, 3> opponent_planes(const ImageRgba8& image, ThreadPool& pool) {
  std::array<float, 256> linear;
  for (size_t i = 0; i < linear.size(); ++i) linear[i] = linear_from_srgb(static_cast<float>(i) / 255.0f);
  std::array<ImageF32, 3> planes{ImageF32(image.size_px()), ImageF32(image.size_px()), ImageF32(image.size_px())};
  pool.parallel_for(image.pixels().size(), 16384, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const glm::u8vec4 pixel = image.pixels()[i];
      const glm::vec3 xyz = kFlipXyzFromRgb * glm::vec3(linear[pixel.r], linear[pixel.g], linear[pixel.b]);
      planes[0].pixels()[i] = 116.0f * xyz.y - 16.0f;
      planes[1].pixels()[i] = 500.0f * (xyz.x - xyz.y);
      planes[2].pixels()[i] = 200.0f * (xyz.y - xyz.z);
    }
  });
  return planes;
}

FlipPlanes flip_planes(const ImageRgba8& image, double pixels_per_degree, ThreadPool& pool) {
  const std::array<ImageF32, 3> opponent = opponent_planes(image, pool);
  const ColorKernels kernels = color_kernels(pixels_per_degree);
  FlipPlanes planes;
  planes.push_back(std::move(filter_separable(opponent[0], std::span(&kernels.achromatic, 1), pool).front()));
  planes.push_back(std::move(filter_separable(opponent[1], std::span(&kernels.red_green, 1), pool).front()));
  for (ImageF32& part : filter_separable(opponent[2], kernels.blue_yellow, pool)) planes.push_back(std::move(part));
  for (ImageF32& feature : filter_separable(opponent[0], feature_kernels(pixels_per_degree), pool)) {
    planes.push_back(std::move(feature));
  }
  return planes;
}

}  // namespace

ImageF32 flip_map(const ImageRgba8& reference, const ImageRgba8& test, ThreadPool& pool, float pixels_per_degree) {
  DIO_CHECK(reference.size_px() == test.size_px() && !reference.empty());
  DIO_CHECK(pixels_per_degree > 0 && pixels_per_degree <= 1000);
  const double density = static_cast<double>(pixels_per_degree);
  const FlipPlanes a = flip_planes(reference, density, pool), b = flip_planes(test, density, pool);
  ImageF32 result(reference.size_px());
  pool.parallel_for(result.pixels().size(), 16384, [&](size_t begin, size_t end) {
    flip_errors(a, b, begin, result.pixels().subspan(begin, end - begin));
  });
  return result;
}

}  // namespace diorama
