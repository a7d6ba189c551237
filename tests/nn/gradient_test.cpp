#include "engine/base/random.h"
#include "engine/nn/network_run.h"
#include "tests/nn/central_difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace diorama {
namespace {

// Loss: the outputs' sum with fixed random weights.
class GradientCheck {
 public:
  GradientCheck(NetworkOptions options, size_t items)
      : network_(std::move(options), 1),
        run_(network_, {.max_items = items, .training = true, .input_gradient = true}),
        items_(items) {
    Random random(2);
    for (float& value : network_.parameters()) value += random.uniform(-0.5f, 0.5f);
    in_.resize(items * network_.input_shape().size());
    for (float& value : in_) value = random.uniform(0.02f, 0.98f);  // grids want positions
    weights_.resize(items * network_.output_shape().size());
    for (float& value : weights_) value = random.uniform(-1, 1);
  }

  void expect_central_differences() {
    loss();
    std::copy(weights_.begin(), weights_.end(), run_.output_gradient().begin());
    run_.backward(pool_);
    const std::vector<float> by_parameter(run_.gradient().begin(), run_.gradient().end());
    const std::vector<float> by_input(run_.input_gradient().begin(), run_.input_gradient().end());
    compare(by_parameter, network_.parameters(), "parameter");
    compare(by_input, in_, "input");
  }

 private:
  double loss() {
    std::copy(in_.begin(), in_.end(), run_.input(items_).begin());
    const auto out = run_.forward(items_, pool_);
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += double{weights_[i]} * out[i];
    return sum;
  }

  void compare(const std::vector<float>& gradient, std::span<float> values, const char* what) {
    double largest = 0;
    for (const float g : gradient) largest = std::max(largest, double{std::abs(g)});
    EXPECT_GT(largest, 1e-3) << what;  // a gradient of nothing would prove nothing
    const size_t step = std::max<size_t>(1, gradient.size() / 60);
    for (size_t i = 0; i < gradient.size(); i += step) {
      const double difference = central_difference(values[i], kStep, [&] { return loss(); });
      // Single precision of the loss over the step, and the third derivative.
      EXPECT_NEAR(gradient[i], difference, 4e-3 * largest + 1e-3) << what << " " << i;
    }
  }

  static constexpr float kStep = 4e-3f;

  ThreadPool pool_{2};
  Network network_;
  NetworkRun run_;
  size_t items_;
  std::vector<float> in_, weights_;
};

void expect_gradients(NetworkOptions options, size_t items) {
  GradientCheck(std::move(options), items).expect_central_differences();
}

TEST(NetworkGradient, OfLinearLayers) {
  expect_gradients({{5}, {linear_layer(19), linear_layer(3)}}, 450);
}

TEST(NetworkGradient, OfGelu) {
  expect_gradients({{5}, {linear_layer(9), activation_layer(Activation::kGelu), linear_layer(3)}}, 33);
}

TEST(NetworkGradient, OfSigmoid) {
  expect_gradients({{5}, {linear_layer(9), activation_layer(Activation::kSigmoid)}}, 33);
}

TEST(NetworkGradient, OfReluAwayFromItsKink) {
  // Inputs are positive and no step crosses zero.
  expect_gradients({{7}, {activation_layer(Activation::kRelu), linear_layer(2)}}, 10);
  Network network({{1}, {activation_layer(Activation::kRelu)}});
  NetworkRun run(network, {.max_items = 2, .training = true, .input_gradient = true});
  ThreadPool pool(1);
  run.input(2)[0] = -1, run.input(2)[1] = 2;
  EXPECT_EQ(run.forward(2, pool)[0], 0);
  run.output_gradient()[0] = run.output_gradient()[1] = 3;
  run.backward(pool);
  EXPECT_EQ(run.input_gradient()[0], 0);
  EXPECT_EQ(run.input_gradient()[1], 3);
}

TEST(NetworkGradient, OfResidualConnections) {
  // Tensor 1 has three readers, one of them beyond another residual connection.
  expect_gradients({{4},
                    {linear_layer(6), linear_layer(6), activation_layer(Activation::kGelu), add_layer(1),
                     linear_layer(6), add_layer(1), linear_layer(2)}},
                   20);
}

TEST(NetworkGradient, OfConvolutions) {
  expect_gradients({{3, 6, 7}, {convolution_layer(5, 3, 1, 1), convolution_layer(4, 4, 2, 1)}}, 2);
  expect_gradients({{3, 7, 6}, {convolution_layer(5, 3, 3, 0)}}, 3);
}

TEST(NetworkGradient, OfTransposedConvolutions) {
  expect_gradients({{3, 4, 3}, {transposed_convolution_layer(5, 4, 2, 1), transposed_convolution_layer(2, 3, 3, 0)}},
                   2);
}

TEST(NetworkGradient, OfDepthwiseConvolutions) {
  expect_gradients({{6, 5, 7}, {depthwise_layer(3, 1, 1), depthwise_layer(3, 2, 1), linear_layer(2)}}, 3);
}

TEST(NetworkGradient, OfConvolutionsBesideResidualConnections) {
  expect_gradients({{3, 5, 5},
                    {convolution_layer(4, 3, 1, 1), convolution_layer(4, 3, 1, 1), add_layer(1),
                     depthwise_layer(3, 1, 1), add_layer(1), transposed_convolution_layer(2, 2, 2, 0)}},
                   2);
}

TEST(NetworkGradient, OfBatchNormalisation) {
  expect_gradients(
      {{4, 3, 3}, {linear_layer(6), batch_norm_layer(), activation_layer(Activation::kGelu), linear_layer(2)}}, 5);
}

TEST(NetworkGradient, OfDenseGrids) {
  // Cells so few that hardly a step crosses into the next, where the slope jumps.
  const GridOptions grid{.axes = 3, .levels = 2, .features = 2, .cells = {1, 1, 1}, .growth = {2, 1, 1}};
  expect_gradients({{3}, {grid_layer(grid), linear_layer(3)}}, 12);
}

TEST(NetworkGradient, OfHashedGrids) {
  const GridOptions grid{.axes = 2, .levels = 2, .features = 4, .log2_table = 2, .cells = {2, 1}, .growth = {1, 2}};
  expect_gradients({{2}, {grid_layer(grid), linear_layer(3)}}, 12);
}

}  // namespace
}  // namespace diorama
