#include "reconstruction/splats/cpu/image_loss.h"

#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace diorama {
namespace {

constexpr glm::ivec2 kSize(37, 23);  // narrower than a vector at the end, wider than the window

SplatPlanes random_picture(uint64_t seed) {
  SplatPlanes planes;
  planes.resize(kSize, {});
  planes.fill(std::nanf(""));  // what stands in the padding must not matter
  Random random(seed);
  for (int c = 0; c < 4; ++c) {
    for (int y = 0; y < kSize.y; ++y) {
      for (float& value : planes.row(static_cast<SplatPlane>(c), y)) value = random.uniform();
    }
  }
  return planes;
}

// The definition, in double precision.
double reference_loss(const SplatPlanes& x, const SplatPlanes& y, double ssim_weight) {
  double weights[11], sum = 0;
  for (int k = 0; k < 11; ++k) sum += weights[k] = std::exp(-(k - 5) * (k - 5) / 4.5);
  double l1 = 0, ssim = 0;
  for (int c = 0; c < 3; ++c) {
    const auto plane = static_cast<SplatPlane>(c);
    for (int py = 0; py < kSize.y; ++py) {
      for (int px = 0; px < kSize.x; ++px) {
        double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
        for (int j = -5; j <= 5; ++j) {
          for (int i = -5; i <= 5; ++i) {
            if (px + i < 0 || py + j < 0 || px + i >= kSize.x || py + j >= kSize.y) continue;
            const double w = weights[i + 5] * weights[j + 5] / (sum * sum);
            const double a = static_cast<double>(x.row(plane, py + j)[static_cast<size_t>(px + i)]);
            const double b = static_cast<double>(y.row(plane, py + j)[static_cast<size_t>(px + i)]);
            mx += w * a, my += w * b, xx += w * a * a, yy += w * b * b, xy += w * a * b;
          }
        }
        ssim += (2 * mx * my + 1e-4) * (2 * (xy - mx * my) + 9e-4) /
                ((mx * mx + my * my + 1e-4) * (xx - mx * mx + yy - my * my + 9e-4));
        const auto column = static_cast<size_t>(px);
        l1 += std::abs(static_cast<double>(x.row(plane, py)[column]) - static_cast<double>(y.row(plane, py)[column]));
      }
    }
  }
  const double count = 3.0 * kSize.x * kSize.y;
  return (1 - ssim_weight) * l1 / count + ssim_weight * (1 - ssim / count);
}

TEST(ImageLoss, ValueIsTheDefinition) {
  ThreadPool pool(2);
  ImageLoss loss;
  const SplatPlanes x = random_picture(1), y = random_picture(2);
  SplatPlanes gradient = x;
  for (const float weight : {0.0f, 0.2f, 1.0f}) {
    const double value = loss.evaluate(rgb_planes(x), rgb_planes(y), weight, nullptr, gradient.data(), pool);
    EXPECT_NEAR(value, reference_loss(x, y, static_cast<double>(weight)), 2e-6);  // float against double
  }
}

TEST(ImageLoss, GradientIsTheCentralDifference) {
  ThreadPool pool(2);
  ImageLoss loss;
  SplatPlanes x = random_picture(1);
  const SplatPlanes y = random_picture(2);
  SplatPlanes gradient = x;
  loss.evaluate(rgb_planes(x), rgb_planes(y), 0.3f, nullptr, gradient.data(), pool);
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const auto plane = static_cast<SplatPlane>(random.below(3));
    const int row = static_cast<int>(random.below(kSize.y));
    const size_t column = random.below(kSize.x);
    float& value = x.row(plane, row)[column];
    const float kept = value;
    constexpr float kStep = 1e-4f;  // no pixel's difference changes its sign within
    if (std::abs(kept - y.row(plane, row)[column]) < 2 * kStep) continue;
    value = kept + kStep;
    const float above = value;
    const double up = reference_loss(x, y, 0.3);
    value = kept - kStep;
    const double slope = (up - reference_loss(x, y, 0.3)) / static_cast<double>(above - value);
    value = kept;
    const float found = gradient.row(plane, row)[column];
    EXPECT_NEAR(static_cast<double>(found), slope, 2e-3 * std::abs(slope) + 1e-7);  // float sums of 121 terms
  }
}

TEST(ImageLoss, MaskedPixelsHaveNoGradient) {
  ThreadPool pool(1);
  ImageLoss loss;
  const SplatPlanes x = random_picture(1), y = random_picture(2);
  SplatPlanes gradient = x;
  std::vector<float> weights(x.stride() * static_cast<size_t>(kSize.y), 1.0f);
  weights[3 * x.stride() + 7] = 0;
  loss.evaluate(rgb_planes(x), rgb_planes(y), 0.2f, weights.data(), gradient.data(), pool);
  EXPECT_EQ(gradient.row(SplatPlane::kGreen, 3)[7], 0.0f);
  EXPECT_NE(gradient.row(SplatPlane::kGreen, 3)[8], 0.0f);
}

TEST(ImageLoss, ThreadsDoNotChangeABit) {
  const SplatPlanes x = random_picture(1), y = random_picture(2);
  SplatPlanes gradients[2] = {x, x};
  double values[2];
  for (int i = 0; i < 2; ++i) {
    ThreadPool pool(i == 0 ? 1 : 3);
    ImageLoss loss;
    values[i] = loss.evaluate(rgb_planes(x), rgb_planes(y), 0.2f, nullptr, gradients[i].data(), pool);
  }
  EXPECT_EQ(values[0], values[1]);
  for (int c = 0; c < 3; ++c) {
    for (int y_row = 0; y_row < kSize.y; ++y_row) {
      const auto plane = static_cast<SplatPlane>(c);
      EXPECT_TRUE(std::ranges::equal(gradients[0].row(plane, y_row), gradients[1].row(plane, y_row)));
    }
  }
}

}  // namespace
}  // namespace diorama
