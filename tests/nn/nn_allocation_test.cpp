#include "engine/nn/adamw.h"
#include "engine/nn/network_run.h"
#include "tests/allocation_count.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

TEST(NetworkAllocations, ThereAreNoneInATrainingStep) {
  const GridOptions grid{.axes = 2, .levels = 3, .features = 2, .log2_table = 8, .cells = {8, 8}, .growth = {2, 2}};
  Network network({{2, 8, 8},
                   {grid_layer(grid), linear_layer(16), activation_layer(Activation::kGelu),
                    convolution_layer(16, 3, 1, 1), batch_norm_layer(), add_layer(3), depthwise_layer(3, 1, 1),
                    transposed_convolution_layer(8, 4, 2, 1), linear_layer(3), activation_layer(Activation::kSigmoid)}},
                  1);
  NetworkRun run(network, {.max_items = 4, .training = true, .input_gradient = true});
  AdamW optimiser(network.parameters().size());
  ThreadPool pool(2);
  uint64_t steps = 0;
  const auto step = [&] {
    std::fill(run.input(4).begin(), run.input(4).end(), 0.3f);
    run.forward(4, pool);
    std::fill(run.output_gradient().begin(), run.output_gradient().end(), 0.1f);
    run.backward(pool);
    optimiser.update({}, ++steps, 0, run.gradient(), network.parameters(), pool);
  };
  step();
  step();
  const size_t before = allocation_count();
  ASSERT_GT(before, 0u) << "it counts";
  step();
  EXPECT_EQ(allocation_count() - before, 0u);
}

}  // namespace
}  // namespace diorama
