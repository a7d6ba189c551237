#include "engine/raster/metrics.h"

#include "engine/base/random.h"
#include "engine/raster/error_picture.h"
#include "engine/scene/color.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace diorama {
namespace {

// Blobs, an edge and noise: all parts of FLIP and SSIM have something to see.
ImageRgba8 picture(glm::ivec2 size, uint64_t seed, float noise) {
  Random random(seed);
  ImageRgba8 image(size);
  for (int y = 0; y < size.y; ++y) {
    for (int x = 0; x < size.x; ++x) {
      const float u = static_cast<float>(x) / static_cast<float>(size.x), v = static_cast<float>(y) / 20.0f;
      const glm::vec3 base(0.5f + 0.4f * std::sin(9 * u + v), x > y ? 0.8f : 0.3f, 0.5f + 0.4f * std::cos(3 * u * v));
      glm::vec3 pixel;
      for (int c = 0; c < 3; ++c) pixel[c] = base[c] + noise * random.uniform(-1, 1);
      image.at(x, y) = {unorm8(pixel.r), unorm8(pixel.g), unorm8(pixel.b), static_cast<uint8_t>(random.below(256))};
    }
  }
  return image;
}

// SSIM as its definition reads, in double, window by window.
double direct_ssim(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  int count = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 5; y < a.height() - 5; ++y) {
      for (int x = 5; x < a.width() - 5; ++x) {
        double w_sum = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
        for (int j = -5; j <= 5; ++j) {
          for (int i = -5; i <= 5; ++i) {
            const double w = std::exp(-(i * i + j * j) / (2 * 1.5 * 1.5));
            const double va = a.at(x + i, y + j)[c] / 255.0, vb = b.at(x + i, y + j)[c] / 255.0;
            w_sum += w;
            ma += w * va;
            mb += w * vb;
            aa += w * va * va;
            bb += w * vb * vb;
            ab += w * va * vb;
          }
        }
        ma /= w_sum;
        mb /= w_sum;
        const double sa = aa / w_sum - ma * ma, sb = bb / w_sum - mb * mb, sab = ab / w_sum - ma * mb;
        sum += (2 * ma * mb + 1e-4) * (2 * sab + 9e-4) / ((ma * ma + mb * mb + 1e-4) * (sa + sb + 9e-4));
        ++count;
      }
    }
  }
  return sum / count;
}

// FLIP as the paper reads, in double, with two-dimensional kernels.
namespace direct {

using Plane = Image<double>;
using Kernel = std::vector<std::vector<double>>;

Plane filtered(const Plane& in, const Kernel& kernel) {
  const int r = static_cast<int>(kernel.size() / 2);
  Plane out(in.size_px());
  for (int y = 0; y < in.height(); ++y) {
    for (int x = 0; x < in.width(); ++x) {
      for (int j = -r; j <= r; ++j) {
        for (int i = -r; i <= r; ++i) {
          const int sx = std::clamp(x + i, 0, in.width() - 1), sy = std::clamp(y + j, 0, in.height() - 1);
          out.at(x, y) += kernel[static_cast<size_t>(j + r)][static_cast<size_t>(i + r)] * in.at(sx, sy);
        }
      }
    }
  }
  return out;
}

template <class Weight>
Kernel kernel(int r, Weight&& weight) {
  Kernel k(static_cast<size_t>(2 * r + 1), std::vector<double>(static_cast<size_t>(2 * r + 1)));
  double positive = 0, negative = 0;
  for (int j = -r; j <= r; ++j) {
    for (int i = -r; i <= r; ++i) {
      const double w = weight(i, j);
      k[static_cast<size_t>(j + r)][static_cast<size_t>(i + r)] = w;
      (w > 0 ? positive : negative) += w;
    }
  }
  for (auto& row : k) {
    for (double& w : row) w /= w > 0 ? positive : -negative;
  }
  return k;
}

double linear(double v) {
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

const glm::dmat3 kXyz = glm::transpose(glm::dmat3(10135552.0 / 24577794, 8788810.0 / 24577794, 4435075.0 / 24577794,
                                                  2613072.0 / 12288897, 8788810.0 / 12288897, 887015.0 / 12288897,
                                                  1425312.0 / 73733382, 8788810.0 / 73733382, 70074185.0 / 73733382));

glm::dvec3 hunt_lab(glm::dvec3 rgb) {
  const glm::dvec3 t = kXyz * rgb / (kXyz * glm::dvec3(1.0));
  const auto f = [](double v) { return v > 216.0 / 24389 ? std::cbrt(v) : v * 841.0 / 108 + 4.0 / 29; };
  const double l = 116 * f(t.y) - 16;
  return {l, 0.01 * l * 500 * (f(t.x) - f(t.y)), 0.01 * l * 200 * (f(t.y) - f(t.z))};
}

double hyab(glm::dvec3 a, glm::dvec3 b) {
  return std::abs(a.x - b.x) + std::hypot(a.y - b.y, a.z - b.z);
}

struct Seen {
  Image<glm::dvec3> color;
  Plane edges, points;
};

Seen see(const ImageRgba8& image, double ppd) {
  std::array<Plane, 3> opponent{Plane(image.size_px()), Plane(image.size_px()), Plane(image.size_px())};
  Plane luminance(image.size_px());
  for (size_t i = 0; i < image.pixels().size(); ++i) {
    const glm::dvec3 srgb = glm::dvec3(image.pixels()[i]) / 255.0;
    const glm::dvec3 xyz = kXyz * glm::dvec3(linear(srgb.r), linear(srgb.g), linear(srgb.b)) / (kXyz * glm::dvec3(1.0));
    opponent[0].pixels()[i] = 116 * xyz.y - 16;
    opponent[1].pixels()[i] = 500 * (xyz.x - xyz.y);
    opponent[2].pixels()[i] = 200 * (xyz.y - xyz.z);
    luminance.pixels()[i] = xyz.y;
  }
  const double pi = std::numbers::pi;
  const int r = static_cast<int>(std::ceil(3 * std::sqrt(0.04 / (2 * pi * pi)) * ppd));
  const double table[3][4] = {{1, 0.0047, 0, 1e-5}, {1, 0.0053, 0, 1e-5}, {34.1, 0.04, 13.5, 0.025}};
  for (size_t c = 0; c < 3; ++c) {
    const auto& t = table[c];
    opponent[c] = filtered(opponent[c], kernel(r, [&](int i, int j) {
                             const double z = (i * i + j * j) / (ppd * ppd);
                             return t[0] * std::sqrt(pi / t[1]) * std::exp(-pi * pi * z / t[1]) +
                                    t[2] * std::sqrt(pi / t[3]) * std::exp(-pi * pi * z / t[3]);
                           }));
  }
  Seen seen{Image<glm::dvec3>(image.size_px()), Plane(image.size_px()), Plane(image.size_px())};
  for (size_t i = 0; i < image.pixels().size(); ++i) {
    const double y = (opponent[0].pixels()[i] + 16) / 116;
    const glm::dvec3 xyz(y + opponent[1].pixels()[i] / 500, y, y - opponent[2].pixels()[i] / 200);
    const glm::dvec3 rgb = glm::inverse(kXyz) * (xyz * (kXyz * glm::dvec3(1.0)));
    seen.color.pixels()[i] = hunt_lab(glm::clamp(rgb, 0.0, 1.0));
  }
  const double sd = 0.5 * 0.082 * ppd;
  const int fr = static_cast<int>(std::ceil(3 * sd));
  const auto magnitude = [&](auto&& derivative) {
    const auto g = [&](int i, int j) { return derivative(i) * std::exp(-(i * i + j * j) / (2 * sd * sd)); };
    const Plane along_x = filtered(luminance, kernel(fr, [&](int i, int j) { return g(i, j); }));
    const Plane along_y = filtered(luminance, kernel(fr, [&](int i, int j) { return g(j, i); }));
    Plane result(image.size_px());
    for (size_t i = 0; i < result.pixels().size(); ++i) {
      result.pixels()[i] = std::hypot(along_x.pixels()[i], along_y.pixels()[i]);
    }
    return result;
  };
  seen.edges = magnitude([](int i) { return -static_cast<double>(i); });
  seen.points = magnitude([&](int i) { return i * i / (sd * sd) - 1; });
  return seen;
}

Plane flip(const ImageRgba8& reference, const ImageRgba8& test, double ppd) {
  const Seen a = see(reference, ppd), b = see(test, ppd);
  const double largest = std::pow(hyab(hunt_lab({0, 1, 0}), hunt_lab({0, 0, 1})), 0.7), knee = 0.4 * largest;
  Plane result(reference.size_px());
  for (size_t i = 0; i < result.pixels().size(); ++i) {
    const double e = std::pow(hyab(a.color.pixels()[i], b.color.pixels()[i]), 0.7);
    const double color = e < knee ? 0.95 / knee * e : 0.95 + (e - knee) / (largest - knee) * 0.05;
    const double feature = std::max(std::abs(a.edges.pixels()[i] - b.edges.pixels()[i]),
                                    std::abs(a.points.pixels()[i] - b.points.pixels()[i]));
    result.pixels()[i] = std::pow(color, 1 - std::sqrt(feature / std::sqrt(2.0)));
  }
  return result;
}

}  // namespace direct

TEST(Psnr, FollowsItsFormula) {
  ImageRgba8 a({4, 2}, glm::u8vec4(10, 20, 30, 255)), b = a;
  EXPECT_EQ(psnr(a, b), std::numeric_limits<double>::infinity());
  b.at(1, 1).a = 0;
  EXPECT_EQ(psnr(a, b), std::numeric_limits<double>::infinity()) << "alpha counts";
  b.at(2, 0) = {13, 16, 30, 255};
  EXPECT_NEAR(psnr(a, b), 10 * std::log10(255.0 * 255.0 * 24 / 25), 1e-9);
  EXPECT_NEAR(psnr(ImageRgba8({3, 3}, glm::u8vec4(0)), ImageRgba8({3, 3}, glm::u8vec4(255))), 0.0, 1e-12);
}

TEST(Psnr, CountsThePixelsOfAMaskAlone) {
  ImageRgba8 a({4, 2}, {10, 20, 30, 255}), b = a;
  b.at(1, 0) = {10, 20, 35, 255};
  b.at(2, 1) = {255, 0, 0, 255};
  ImageU8 where({4, 2});
  EXPECT_FALSE(psnr_where(a, b, where)) << "no pixel counts";
  where.at(0, 0) = where.at(1, 0) = 1;
  EXPECT_DOUBLE_EQ(psnr_where(a, b, where).value(), 10 * std::log10(255.0 * 255.0 * 6 / 25));
  where.at(1, 0) = 0;
  EXPECT_TRUE(std::isinf(psnr_where(a, b, where).value()));
  EXPECT_DOUBLE_EQ(psnr_where(a, b, ImageU8({4, 2}, 255)).value(), psnr(a, b));
}

TEST(Ssim, IsWhatTheDefinitionSays) {
  ThreadPool pool(2);
  const ImageRgba8 a = picture({37, 29}, 1, 0.05f), b = picture({37, 29}, 2, 0.15f);
  EXPECT_NEAR(ssim(a, b, pool), direct_ssim(a, b), 2e-6);  // float filters against double
  EXPECT_NEAR(ssim(a, a, pool), 1.0, 1e-6);
  const ImageRgba8 smallest = picture({11, 11}, 3, 0.1f), other = picture({11, 11}, 4, 0.1f);
  EXPECT_NEAR(ssim(smallest, other, pool), direct_ssim(smallest, other), 2e-6);
}

TEST(Ssim, RefusesPicturesSmallerThanItsWindow) {
  ThreadPool pool(1);
  const ImageRgba8 a({10, 50});
  EXPECT_THROW(ssim(a, a, pool), Error);
}

TEST(Flip, IsWhatThePaperSays) {
  ThreadPool pool(2);
  const ImageRgba8 a = picture({45, 34}, 1, 0.02f), b = picture({45, 34}, 5, 0.2f);
  for (const float ppd : {67.0f, 30.0f}) {
    const ImageF32 map = flip_map(a, b, pool, ppd);
    const direct::Plane expected = direct::flip(a, b, static_cast<double>(ppd));
    for (size_t i = 0; i < map.pixels().size(); ++i) {
      // Float filters; the power 0.7 and the square root of the features are steep near 0.
      EXPECT_NEAR(static_cast<double>(map.pixels()[i]), expected.pixels()[i], 2e-4) << i << " at " << ppd;
    }
  }
}

TEST(Flip, EqualPicturesHaveNoErrorAndBlackOnWhiteNearlyTheLargest) {
  ThreadPool pool(2);
  const ImageRgba8 a = picture({40, 30}, 1, 0.1f);
  const ImageF32 none = flip_map(a, a, pool);
  for (const float error : none.pixels()) EXPECT_EQ(error, 0.0f);
  const ImageRgba8 black({40, 30}, glm::u8vec4(0)), white({40, 30}, glm::u8vec4(255));
  // 100^0.7 of lightness lies above the knee of 0.4 * 308.6^0.7 (green against blue): 0.9674.
  EXPECT_NEAR(mean_of(flip_map(black, white, pool)), 0.9674, 1e-4);
  const ImageRgba8 green({40, 30}, glm::u8vec4(0, 255, 0, 255)), blue({40, 30}, glm::u8vec4(0, 0, 255, 255));
  EXPECT_NEAR(mean_of(flip_map(green, blue, pool)), 1.0, 1e-5);
  EXPECT_NEAR(mean_of(flip_map(blue, green, pool)), 1.0, 1e-5);
}

TEST(Flip, WorksOnOnePixel) {
  ThreadPool pool(1);
  const ImageRgba8 black({1, 1}, glm::u8vec4(0)), white({1, 1}, glm::u8vec4(255));
  EXPECT_NEAR(mean_of(flip_map(black, white, pool)), 0.9674, 1e-4);
}

TEST(Metrics, ThreadCountDoesNotChangeABit) {
  ThreadPool one(1), many(5);
  const ImageRgba8 a = picture({131, 77}, 1, 0.05f), b = picture({131, 77}, 2, 0.1f);
  EXPECT_EQ(ssim(a, b, one), ssim(a, b, many));
  const ImageF32 first = flip_map(a, b, one), second = flip_map(a, b, many);
  EXPECT_TRUE(std::equal(first.pixels().begin(), first.pixels().end(), second.pixels().begin()));
}

TEST(Metrics, InstructionSetsAgree) {
  ThreadPool pool(2);
  const ImageRgba8 a = picture({61, 47}, 1, 0.05f), b = picture({61, 47}, 2, 0.1f);
  const ImageF32 best = flip_map(a, b, pool);
  const double best_ssim = ssim(a, b, pool);
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    const ImageF32 map = flip_map(a, b, pool);
    for (size_t i = 0; i < map.pixels().size(); ++i) {
      ASSERT_NEAR(map.pixels()[i], best.pixels()[i], 1e-4f);  // fused or not: rounding alone
    }
    EXPECT_NEAR(ssim(a, b, pool), best_ssim, 1e-6);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(DepthMae, LooksOnlyWhereBothAreValid) {
  ImageF32 a({3, 1}), b({3, 1});
  EXPECT_FALSE(depth_mae(a, b).has_value());
  a.at(0, 0) = 1.0f;
  b.at(1, 0) = 1.0f;
  EXPECT_FALSE(depth_mae(a, b).has_value());
  b.at(0, 0) = 1.5f;
  a.at(2, 0) = 3.0f;
  b.at(2, 0) = 2.75f;
  EXPECT_NEAR(depth_mae(a, b).value(), 0.375, 1e-12);
  b.at(2, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NEAR(depth_mae(a, b).value(), 0.5, 1e-12);
}

TEST(ErrorPicture, BrightnessRisesWithTheError) {
  float last = -1;
  for (int i = 0; i <= 64; ++i) {
    const glm::vec3 light = linear_from_srgb(glm::vec3(heat_color(static_cast<float>(i) / 64.0f)) / 255.0f);
    const float luminance = glm::dot(light, glm::vec3(0.2126f, 0.7152f, 0.0722f));
    EXPECT_GT(luminance, last) << i;
    last = luminance;
  }
  EXPECT_GT(last, 0.8f);
  EXPECT_EQ(heat_color(0.0f), glm::u8vec3(0));
  EXPECT_EQ(heat_color(std::numeric_limits<float>::quiet_NaN()), glm::u8vec3(0));
  EXPECT_EQ(heat_color(7.0f), heat_color(1.0f));
  EXPECT_EQ(error_picture(ImageF32({2, 1}, 0.25f), 0.5f).at(1, 0), glm::u8vec4(heat_color(0.5f), 255));
}

}  // namespace
}  // namespace diorama
