#include "engine/nn/network.h"

#include "engine/base/random.h"
#include "engine/nn/network_run.h"
#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

// Of every kind of layer.
NetworkOptions mixed_network() {
  const GridOptions grid{.axes = 2, .levels = 3, .features = 4, .log2_table = 6, .cells = {4, 4}, .growth = {2, 2}};
  return {{2, 12, 10},
          {grid_layer(grid), linear_layer(16), activation_layer(Activation::kGelu), linear_layer(16), add_layer(2),
           activation_layer(Activation::kRelu), convolution_layer(20, 3, 1, 1), batch_norm_layer(),
           depthwise_layer(3, 1, 1), add_layer(8), transposed_convolution_layer(8, 4, 2, 1), linear_layer(8),
           add_layer(11), linear_layer(3), activation_layer(Activation::kSigmoid)}};
}

struct Gradients {
  std::vector<float> out, parameters, input;
  bool operator==(const Gradients&) const = default;
};

Gradients run_mixed(int threads) {
  Network network(mixed_network(), 1);
  NetworkRun run(network, {.max_items = 5, .training = true, .input_gradient = true});
  ThreadPool pool(threads);
  Random random(2);
  for (float& value : run.input(5)) value = random.uniform();
  const auto out = run.forward(5, pool);
  for (float& value : run.output_gradient()) value = random.uniform(-1, 1);
  run.backward(pool);
  return {{out.begin(), out.end()},
          {run.gradient().begin(), run.gradient().end()},
          {run.input_gradient().begin(), run.input_gradient().end()}};
}

TEST(NetworkRun, ThreadsDoNotChangeABit) {
  const Gradients one = run_mixed(1);
  EXPECT_EQ(one, run_mixed(2));
  EXPECT_EQ(one, run_mixed(7));
}

TEST(NetworkRun, InferenceGivesTheBitsOfTraining) {
  NetworkOptions options = mixed_network();
  std::erase_if(options.layers, [](const LayerOptions& layer) { return layer.kind == LayerKind::kBatchNorm; });
  for (LayerOptions& layer : options.layers) {
    if (layer.from > 7) --layer.from;
  }
  Network network(options, 3);
  NetworkRun training(network, {.max_items = 4, .training = true}), inference(network, {.max_items = 4});
  ThreadPool pool(2);
  Random random(5);
  for (size_t i = 0; i < training.input(4).size(); ++i) training.input(4)[i] = inference.input(4)[i] = random.uniform();
  const auto expected = training.forward(4, pool), found = inference.forward(4, pool);
  EXPECT_TRUE(std::ranges::equal(expected, found));
}

TEST(NetworkRun, BackwardTwiceIsNotTheSum) {
  Network network({{2}, {linear_layer(1)}});
  NetworkRun run(network, {.max_items = 1, .training = true});
  ThreadPool pool(1);
  run.input(1)[0] = 2, run.input(1)[1] = 3;
  for (int i = 0; i < 2; ++i) {
    run.forward(1, pool);
    run.output_gradient()[0] = 1;
    run.backward(pool);
  }
  EXPECT_EQ(std::vector<float>(run.gradient().begin(), run.gradient().end()), (std::vector<float>{2, 3, 1}));
}

TEST(Network, SeedsGiveTheSameParametersAgain) {
  const Network one(mixed_network(), 7), same(mixed_network(), 7), other(mixed_network(), 8);
  EXPECT_TRUE(std::ranges::equal(one.parameters(), same.parameters()));
  EXPECT_FALSE(std::ranges::equal(one.parameters(), other.parameters()));
}

TEST(Network, ShapesThatDoNotChainAreErrorsThatNameTheLayer) {
  const auto make = [](NetworkOptions options) { return Network(std::move(options)); };
  DIO_EXPECT_ERROR(make({{3}, {}}), ErrorCode::kInvalidInput, "no layers");
  DIO_EXPECT_ERROR(make({{0}, {linear_layer(1)}}), ErrorCode::kInvalidInput, "the network's input");
  DIO_EXPECT_ERROR(make({{3}, {linear_layer(0)}}), ErrorCode::kInvalidInput, "layer 0 (linear)");
  DIO_EXPECT_ERROR(make({{3}, {linear_layer(4), add_layer(0)}}), ErrorCode::kInvalidInput, "1 x 1 x 3 to 1 x 1 x 4");
  DIO_EXPECT_ERROR(make({{3}, {linear_layer(4), add_layer(1)}}), ErrorCode::kInvalidInput, "tensor 1");
  DIO_EXPECT_ERROR(make({{3, 2, 2}, {convolution_layer(4, 5, 1, 1)}}), ErrorCode::kInvalidInput, "kernel of 5");
  DIO_EXPECT_ERROR(make({{3, 2, 2}, {convolution_layer(4, 3, 0, 1)}}), ErrorCode::kInvalidInput, "stride 0");
  DIO_EXPECT_ERROR(make({{3, 2, 2}, {depthwise_layer(3, 1, 3)}}), ErrorCode::kInvalidInput, "padding 3");
  const LayerOptions enlarge = transposed_convolution_layer(4, 64, 64, 0);
  DIO_EXPECT_ERROR(make({{3, 9, 9}, {enlarge, enlarge}}), ErrorCode::kInvalidInput,
                   "layer 1 (transposed-convolution): a tensor is 36864 x 36864 x 4");
  DIO_EXPECT_ERROR(make({{3}, {grid_layer({.axes = 2})}}), ErrorCode::kInvalidInput, "2 axes is given 3 channels");
  DIO_EXPECT_ERROR(make({{65536}, {linear_layer(65536)}}), ErrorCode::kInvalidInput, "parameters");
}

TEST(Layer, NamesLeadBackToTheKinds) {
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(layer_from_name(layer_name(static_cast<LayerKind>(i))), static_cast<LayerKind>(i));
  for (int i = 0; i < 3; ++i) {
    const auto activation = static_cast<Activation>(i);
    EXPECT_EQ(activation_from_name(activation_name(activation)), activation);
  }
  DIO_EXPECT_ERROR(layer_from_name("attention"), ErrorCode::kUnsupported, "attention");
  DIO_EXPECT_ERROR(activation_from_name("swish"), ErrorCode::kUnsupported, "swish");
}

TEST(Activation, ValuesAreThoseOfTheirDefinitions) {
  // 19 values: whole vectors and a rest.
  std::vector<float> in, out(19);
  for (int i = 0; i < 19; ++i) in.push_back(static_cast<float>(i) * 0.7f - 6.3f);
  activate(Activation::kGelu, in.data(), out.data(), 19);
  for (size_t i = 0; i < 19; ++i) EXPECT_NEAR(out[i], in[i] * 0.5 * std::erfc(-in[i] / std::sqrt(2.0)), 1e-6) << in[i];
  activate(Activation::kSigmoid, in.data(), out.data(), 19);
  for (size_t i = 0; i < 19; ++i) EXPECT_NEAR(out[i], 1 / (1 + std::exp(-double{in[i]})), 1e-6) << in[i];
  const std::vector<float> far = {-1000, 1000};
  activate(Activation::kSigmoid, far.data(), out.data(), 2);
  EXPECT_NEAR(out[0], 0, 1e-30);
  EXPECT_EQ(out[1], 1);
}

}  // namespace
}  // namespace diorama
