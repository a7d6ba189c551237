#include "engine/nn/ray_network.h"

#include "engine/nn/batch_norm.h"
#include "engine/nn/network_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

TEST(RayNetwork, TheReferenceCostsWhatIsPublished) {
  // 1008 x 756 from 84 x 63 rays: head 0.42, body 19.4, tail 6.1 GMAC.
  const Network network(ray_network({.batch_norm = false}));
  EXPECT_EQ(network.output_shape(), (TensorShape{3, 756, 1008}));
  EXPECT_NEAR(static_cast<double>(network.macs()), 25.96e9, 0.01e9);
}

TEST(RayNetwork, TheReferenceHasTheParametersThatAreCounted) {
  // 800 x 800 from 100 x 100; with the gains and offsets of its batch normalisation 4.173 million.
  RayNetworkOptions options{.height = 4, .width = 4, .twelve_times = false};
  EXPECT_NEAR(static_cast<double>(Network(ray_network(options)).parameters().size()), 4.173e6, 0.001e6);
  options.batch_norm = false, options.height = options.width = 100;
  EXPECT_NEAR(static_cast<double>(Network(ray_network(options)).macs()), 49.3e9, 0.1e9);
}

TEST(RayNetwork, RunsForwardAndBackward) {
  const RayNetworkOptions options{.height = 2, .width = 3, .channels = 16, .blocks = 2, .tail_channels = {8, 8, 4}};
  Network network(ray_network(options));
  NetworkRun run(network, {.max_items = 1, .training = true});
  ThreadPool pool(2);
  for (float& value : run.input(1)) value = 0.5f;
  const auto out = run.forward(1, pool);
  ASSERT_EQ(out.size(), 24u * 36 * 3);
  for (const float value : out) ASSERT_TRUE(value > 0 && value < 1);
  std::ranges::fill(run.output_gradient(), 1.0f);
  run.backward(pool);
  for (const float value : run.gradient()) ASSERT_TRUE(std::isfinite(value));
  EXPECT_EQ(
      fold_batch_norms(network).macs(),
      Network(
          ray_network(
              {.height = 2, .width = 3, .channels = 16, .blocks = 2, .tail_channels = {8, 8, 4}, .batch_norm = false}))
          .macs());
}

TEST(RayNetwork, EncodingIsThePointsAndTheirSinesAndCosines) {
  EXPECT_EQ(ray_encoding_size(8, 6), 312);
  const RayNetworkOptions options{.points = 2, .octaves = 2};
  const float origin[3] = {0.5f, 0, 0}, direction[3] = {0, 0.25f, 1};
  std::vector<float> encoding(30);
  encode_ray(options, origin, direction, 2, 4, encoding);
  EXPECT_EQ(encoding[0], 0.5f);
  EXPECT_FLOAT_EQ(encoding[1], std::sin(0.5f));
  EXPECT_FLOAT_EQ(encoding[4], std::cos(1.0f));
  EXPECT_EQ(encoding[20], 1.0f);  // y of the far point
  EXPECT_EQ(encoding[25], 4.0f);  // z of the far point
  EXPECT_FLOAT_EQ(encoding[28], std::sin(8.0f));
}

}  // namespace
}  // namespace diorama
