#include "engine/base/random.h"
#include "engine/nn/network_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace diorama {
namespace {

struct Window {
  int kernel, stride, padding;
};

// The tails of the published networks (k4 s2 p1, k3 s3), and shapes that divide nothing evenly.
const std::vector<Window> kWindows = {{1, 1, 0}, {3, 1, 1}, {3, 2, 1}, {4, 2, 1}, {3, 3, 0}, {5, 3, 2}, {2, 4, 0}};

struct Ran {
  Network network;
  std::vector<float> in, out;
};

Ran run_layer(TensorShape shape, const LayerOptions& layer, size_t items) {
  Ran ran{Network({shape, {layer}}, 3), {}, {}};
  Random random(5);
  for (float& value : ran.network.parameters()) value = random.uniform(-1, 1);
  NetworkRun run(ran.network, {.max_items = items});
  for (float& value : run.input(items)) value = random.uniform(-1, 1);
  ran.in.assign(run.input(items).begin(), run.input(items).end());
  ThreadPool pool(2);
  const auto out = run.forward(items, pool);
  ran.out.assign(out.begin(), out.end());
  return ran;
}

// Sums of up to 100 products of values below 1.
constexpr double kTolerance = 100 * 1.2e-7;

TEST(Convolution, IsTheSumOverItsWindow) {
  const TensorShape shape{3, 9, 11};
  for (const auto& [kernel, stride, padding] : kWindows) {
    const Ran ran = run_layer(shape, convolution_layer(4, kernel, stride, padding), 2);
    const TensorShape out = ran.network.output_shape();
    const std::span<const float> weights = ran.network.parameters();
    for (int item = 0; item < 2; ++item) {
      for (int i = 0; i < out.height * out.width * 4; ++i) {
        const int c = i % 4, x = i / 4 % out.width, y = i / 4 / out.width;
        double expected = weights[weights.size() - 4 + static_cast<size_t>(c)];
        for (int tap = 0; tap < kernel * kernel * 3; ++tap) {
          const int from = tap % 3, ky = tap / 3 / kernel, kx = tap / 3 % kernel;
          const int sy = y * stride - padding + ky, sx = x * stride - padding + kx;
          if (sy < 0 || sx < 0 || sy >= shape.height || sx >= shape.width) continue;
          const int source = ((item * shape.height + sy) * shape.width + sx) * 3 + from;
          expected += double{ran.in[static_cast<size_t>(source)]} * weights[static_cast<size_t>(tap * 4 + c)];
        }
        ASSERT_NEAR(ran.out[static_cast<size_t>(item) * out.size() + static_cast<size_t>(i)], expected, kTolerance)
            << "kernel " << kernel << ", stride " << stride << ": " << y << ", " << x << ", " << c;
      }
    }
  }
}

TEST(Convolution, TransposedScattersEachPixelOverItsWindow) {
  const TensorShape shape{3, 5, 6};
  for (const auto& [kernel, stride, padding] : kWindows) {
    const Ran ran = run_layer(shape, transposed_convolution_layer(4, kernel, stride, padding), 2);
    const TensorShape out = ran.network.output_shape();
    const std::span<const float> weights = ran.network.parameters();
    std::vector<double> expected(2 * out.size());
    for (size_t i = 0; i < expected.size(); ++i) expected[i] = weights[weights.size() - 4 + i % 4];
    for (size_t i = 0; i < ran.in.size(); ++i) {
      const int from = static_cast<int>(i) % 3, pixel = static_cast<int>(i) / 3;
      const int x = pixel % shape.width, y = pixel / shape.width % shape.height;
      const size_t item = i / shape.size();
      for (int tap = 0; tap < kernel * kernel * 4; ++tap) {
        const int c = tap % 4, ky = tap / 4 / kernel, kx = tap / 4 % kernel;
        const int ty = y * stride - padding + ky, tx = x * stride - padding + kx;
        if (ty < 0 || tx < 0 || ty >= out.height || tx >= out.width) continue;
        const auto to = static_cast<size_t>((ty * out.width + tx) * 4 + c);
        expected[item * out.size() + to] += double{ran.in[i]} * weights[static_cast<size_t>(tap * 3 + from)];
      }
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(ran.out[i], expected[i], kTolerance) << "kernel " << kernel << ", stride " << stride << ": " << i;
    }
  }
}

TEST(Convolution, DepthwiseWorksOnEachChannelByItself) {
  const TensorShape shape{5, 7, 8};
  const Ran ran = run_layer(shape, depthwise_layer(3, 2, 1), 1);
  const TensorShape out = ran.network.output_shape();
  EXPECT_EQ(out, (TensorShape{5, 4, 4}));
  const std::span<const float> weights = ran.network.parameters();
  for (int i = 0; i < out.height * out.width * 5; ++i) {
    const int c = i % 5, x = i / 5 % out.width, y = i / 5 / out.width;
    double expected = weights[static_cast<size_t>(45 + c)];
    for (int tap = 0; tap < 9; ++tap) {
      const int sy = y * 2 - 1 + tap / 3, sx = x * 2 - 1 + tap % 3;
      if (sy < 0 || sx < 0 || sy >= shape.height || sx >= shape.width) continue;
      expected += double{ran.in[static_cast<size_t>((sy * shape.width + sx) * 5 + c)]} *
                  weights[static_cast<size_t>(tap * 5 + c)];
    }
    ASSERT_NEAR(ran.out[static_cast<size_t>(i)], expected, kTolerance) << y << ", " << x << ", " << c;
  }
}

TEST(Convolution, MacsAreThoseOfTheSmallImageTimesTheWeights) {
  // A phase of a transposed convolution multiplies only its own taps: 4 phases of 2 x 2.
  const Network up({{256, 63, 84}, {transposed_convolution_layer(64, 4, 2, 1)}});
  EXPECT_EQ(up.output_shape(), (TensorShape{64, 126, 168}));
  EXPECT_EQ(up.macs(), uint64_t{126} * 168 * 4 * 256 * 64);
  EXPECT_EQ(Network({{8, 10, 12}, {convolution_layer(16, 3, 1, 1)}}).macs(), 10u * 12 * 9 * 8 * 16);
  EXPECT_EQ(Network({{8, 10, 12}, {depthwise_layer(3, 1, 1)}}).macs(), 10u * 12 * 9 * 8);
  EXPECT_EQ(Network({{8, 10, 12}, {linear_layer(16)}}).macs(), 10u * 12 * 8 * 16);
}

}  // namespace
}  // namespace diorama
