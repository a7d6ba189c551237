#include "engine/nn/batch_norm.h"

#include "engine/base/random.h"
#include "engine/nn/network_run.h"
#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

TEST(BatchNorm, MakesEachChannelOfABatchMeanZeroAndDeviationOne) {
  Network network({{3, 5, 4}, {batch_norm_layer()}});
  NetworkRun run(network, {.max_items = 20, .training = true});
  Random random(1);
  const auto in = run.input(20);
  for (size_t i = 0; i < in.size(); ++i) in[i] = random.uniform(5, 9) * static_cast<float>(1 + i % 3);
  ThreadPool pool(2);
  const auto out = run.forward(20, pool);
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < out.size(); i += 3) sum += out[i], squares += double{out[i]} * out[i];
    EXPECT_NEAR(sum / 400, 0, 1e-5);
    EXPECT_NEAR(squares / 400, 1, 1e-4);
    // One step of momentum 0.1 from mean 0.
    EXPECT_NEAR(network.state()[c], 0.1 * 7 * static_cast<double>(1 + c), 0.1 * static_cast<double>(1 + c));
  }
}

// A network of every layer that a norm can follow, with running statistics that are not 0 and 1.
Network trained_network() {
  Network network({{3, 6, 5},
                   {linear_layer(8), batch_norm_layer(), activation_layer(Activation::kGelu),
                    convolution_layer(8, 3, 1, 1), batch_norm_layer(), add_layer(3), depthwise_layer(3, 1, 1),
                    batch_norm_layer(), transposed_convolution_layer(4, 4, 2, 1), batch_norm_layer()}},
                  4);
  Random random(9);
  for (float& value : network.parameters()) value += random.uniform(-0.2f, 0.2f);
  NetworkRun run(network, {.max_items = 4, .training = true});
  ThreadPool pool(2);
  for (int step = 0; step < 20; ++step) {
    for (float& value : run.input(4)) value = random.uniform(-1, 3);
    run.forward(4, pool);
  }
  return network;
}

TEST(BatchNorm, FoldedNetworksGiveTheSame) {
  Network network = trained_network();
  Network folded = fold_batch_norms(network);
  EXPECT_EQ(folded.layer_count(), network.layer_count() - 4);
  EXPECT_TRUE(folded.state().empty());
  NetworkRun run(network, {.max_items = 1}), folded_run(folded, {.max_items = 1});
  Random random(3);
  for (size_t i = 0; i < run.input(1).size(); ++i) run.input(1)[i] = folded_run.input(1)[i] = random.uniform(-1, 3);
  ThreadPool pool(1);
  const auto expected = run.forward(1, pool), found = folded_run.forward(1, pool);
  // Rounding of a few layers of values around 1.
  for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 2e-5) << i;
}

TEST(BatchNorm, AfterOtherLayersCannotBeFolded) {
  const Network network({{3}, {linear_layer(3), activation_layer(Activation::kRelu), batch_norm_layer()}});
  DIO_EXPECT_ERROR(fold_batch_norms(network), ErrorCode::kUnsupported, "layer 2 (batch-norm)");
  const Network taken({{3}, {linear_layer(3), batch_norm_layer(), add_layer(1)}});
  DIO_EXPECT_ERROR(fold_batch_norms(taken), ErrorCode::kUnsupported, "layer 1 (batch-norm)");
}

}  // namespace
}  // namespace diorama
