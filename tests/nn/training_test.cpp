#include "engine/base/random.h"
#include "engine/nn/adamw.h"
#include "engine/nn/network_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace diorama {
namespace {

constexpr size_t kItems = 1024;

// Mean squared error on fresh points after `steps` steps of training on others.
double fit(Network& network, uint64_t steps, const std::function<float(float, float)>& f) {
  NetworkRun run(network, {.max_items = kItems, .training = true});
  AdamW optimiser(network.parameters().size());
  const RateSchedule schedule{RateSchedule::Shape::kCosine, 20, steps, 0.1f, 0.01f};
  ThreadPool pool(2);
  Random random(1);
  double error = 0;
  for (uint64_t step = 1; step <= steps + 1; ++step) {
    const auto in = run.input(kItems);
    for (float& value : in) value = random.uniform();
    const auto out = run.forward(kItems, pool);
    const auto gradient = run.output_gradient();
    error = 0;
    for (size_t i = 0; i < kItems; ++i) {
      const float off = out[i] - f(in[2 * i], in[2 * i + 1]);
      error += off * off / kItems;
      gradient[i] = 2 * off / kItems;
    }
    if (step > steps) break;
    run.backward(pool);
    const AdamWOptions options{.rate = 1e-2f * schedule.at(step), .weight_decay = 1e-3f};
    optimiser.update(options, step, 0, run.gradient(), network.parameters(), pool);
  }
  return error;
}

float wave(float x, float y) {
  return std::sin(9 * x) * std::cos(7 * y);  // variance 1/4, about
}

TEST(Training, AnMlpLearnsASmoothFunction) {
  Network network(
      {{2},
       {linear_layer(32), activation_layer(Activation::kGelu), linear_layer(32), activation_layer(Activation::kGelu),
        linear_layer(32), add_layer(4), activation_layer(Activation::kGelu), linear_layer(1)}},
      5);
  EXPECT_LT(fit(network, 600, wave), 5e-3);  // 2 % of the variance; a straight line leaves nearly all of it
}

TEST(Training, AHashGridLearnsWhatAnMlpIsTooSmoothFor) {
  // A chessboard of 16 x 16 fields: half of the variance is beyond what a small MLP finds in so few steps.
  const auto board = [](float x, float y) {
    return (static_cast<int>(x * 16) + static_cast<int>(y * 16)) % 2 == 0 ? 1.0f : -1.0f;
  };
  const GridOptions grid{.axes = 2, .levels = 4, .features = 2, .log2_table = 12, .cells = {8, 8}, .growth = {2, 2}};
  Network with_grid({{2}, {grid_layer(grid), linear_layer(16), activation_layer(Activation::kRelu), linear_layer(1)}},
                    5);
  Network without({{2},
                   {linear_layer(16), activation_layer(Activation::kRelu), linear_layer(16),
                    activation_layer(Activation::kRelu), linear_layer(1)}},
                  5);
  EXPECT_LT(fit(with_grid, 500, board), 0.2);  // what is left is at the edges, which cells of 1/64 blur
  EXPECT_GT(fit(without, 500, board), 0.5);
}

}  // namespace
}  // namespace diorama
