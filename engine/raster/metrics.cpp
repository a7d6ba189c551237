#include "engine/raster/metrics.h"

#include "engine/raster/separable.h"

#include <array>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

constexpr int kSsimRadius = 5;
constexpr double kSsimSigma = 1.5;
constexpr float kC1 = 0.01f * 0.01f, kC2 = 0.03f * 0.03f;

// The five local means that one channel's similarity is made of.
struct Products {
  ImageF32 a, b, aa, bb, ab;
};

Products products(const ImageRgba8& first, const ImageRgba8& second, int channel) {
  const glm::ivec2 size = first.size_px();
  Products p{ImageF32(size), ImageF32(size), ImageF32(size), ImageF32(size), ImageF32(size)};
  for (size_t i = 0; i < first.pixels().size(); ++i) {
    const float a = static_cast<float>(first.pixels()[i][channel]) / 255.0f;
    const float b = static_cast<float>(second.pixels()[i][channel]) / 255.0f;
    p.a.pixels()[i] = a;
    p.b.pixels()[i] = b;
    p.aa.pixels()[i] = a * a;
    p.bb.pixels()[i] = b * b;
    p.ab.pixels()[i] = a * b;
  }
  return p;
}

double similarity(const Products& mean, size_t i) {
  const float a = mean.a.pixels()[i], b = mean.b.pixels()[i];
  const float variance_a = mean.aa.pixels()[i] - a * a, variance_b = mean.bb.pixels()[i] - b * b;
  const float covariance = mean.ab.pixels()[i] - a * b;
  const float luminance = (2 * a * b + kC1) / (a * a + b * b + kC1);
  return static_cast<double>(luminance * (2 * covariance + kC2) / (variance_a + variance_b + kC2));
}

// Sum over the pixels whose window lies inside.
double channel_sum(const ImageRgba8& first, const ImageRgba8& second, int channel, ThreadPool& pool) {
  const std::vector<float> gaussian = gaussian_kernel(kSsimSigma, kSsimRadius);
  const std::array<SeparableKernel, 1> kernel{{{gaussian, gaussian}}};
  Products p = products(first, second, channel);
  for (ImageF32* image : {&p.a, &p.b, &p.aa, &p.bb, &p.ab}) *image = filter_separable(*image, kernel, pool).front();
  const auto width = static_cast<size_t>(first.width());
  const size_t rows = static_cast<size_t>(first.height()) - 2 * kSsimRadius;
  return sum_in_order(pool, rows, 16, 0.0, [&](size_t begin, size_t end) {
    double sum = 0;
    for (size_t y = begin + kSsimRadius; y < end + kSsimRadius; ++y) {
      for (size_t x = kSsimRadius; x < width - kSsimRadius; ++x) sum += similarity(p, y * width + x);
    }
    return sum;
  });
}

uint64_t squared_difference(glm::u8vec4 a, glm::u8vec4 b) {
  const glm::ivec3 d = glm::ivec3(a) - glm::ivec3(b);
  return static_cast<uint64_t>(d.x * d.x + d.y * d.y + d.z * d.z);
}

double psnr_of(uint64_t squared_sum, size_t pixels) {
  if (squared_sum == 0) return std::numeric_limits<double>::infinity();
  const double mean = static_cast<double>(squared_sum) / (3.0 * static_cast<double>(pixels));
  return 10.0 * std::log10(255.0 * 255.0 / mean);
}

}  // namespace

double psnr(const ImageRgba8& a, const ImageRgba8& b) {
  DIO_CHECK(a.size_px() == b.size_px() && !a.empty());
  uint64_t sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) sum += squared_difference(a.pixels()[i], b.pixels()[i]);
  return psnr_of(sum, a.pixels().size());
}

std::optional<double> psnr_where(const ImageRgba8& a, const ImageRgba8& b, const ImageU8& where) {
  DIO_CHECK(a.size_px() == b.size_px() && a.size_px() == where.size_px());
  uint64_t sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    if (where.pixels()[i] == 0) continue;
    sum += squared_difference(a.pixels()[i], b.pixels()[i]);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return psnr_of(sum, count);
}

double ssim(const ImageRgba8& a, const ImageRgba8& b, ThreadPool& pool) {
  DIO_CHECK(a.size_px() == b.size_px());
  constexpr int kWindow = 2 * kSsimRadius + 1;
  if (a.width() < kWindow || a.height() < kWindow) {
    fail(ErrorCode::kInvalidInput, "SSIM needs at least {0}x{0} pixels, the image has {1}x{2}; score at a larger scale",
         kWindow, a.width(), a.height());
  }
  double sum = 0;
  for (int channel = 0; channel < 3; ++channel) sum += channel_sum(a, b, channel, pool);
  const double pixels = static_cast<double>(a.width() - 2 * kSsimRadius) * (a.height() - 2 * kSsimRadius);
  return sum / (3.0 * pixels);
}

double mean_of(const ImageF32& map) {
  DIO_CHECK(!map.empty());
  double sum = 0;
  for (const float value : map.pixels()) sum += static_cast<double>(value);
  return sum / static_cast<double>(map.pixels().size());
}

std::optional<double> depth_mae(const ImageF32& a_m, const ImageF32& b_m) {
  DIO_CHECK(a_m.size_px() == b_m.size_px());
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < a_m.pixels().size(); ++i) {
    const float a = a_m.pixels()[i], b = b_m.pixels()[i];
    if (!(a > 0 && b > 0)) continue;
    sum += std::abs(static_cast<double>(a) - static_cast<double>(b));
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace diorama
