#include "engine/nn/adamw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace diorama {
namespace {

// The update in double precision, from the paper's algorithm 2.
struct Reference {
  double p, m = 0, v = 0;
  void update(const AdamWOptions& o, int step, double g) {
    m = o.beta1 * m + (1 - double{o.beta1}) * g;
    v = o.beta2 * v + (1 - double{o.beta2}) * g * g;
    const double mean = m / (1 - std::pow(double{o.beta1}, step)), square = v / (1 - std::pow(double{o.beta2}, step));
    p -= o.rate * (mean / (std::sqrt(square) + o.epsilon) + o.weight_decay * p);
  }
};

TEST(AdamW, FollowsItsDefinition) {
  const AdamWOptions options{.rate = 0.01f, .weight_decay = 0.1f};
  constexpr size_t kCount = 21;  // whole vectors and a rest
  AdamW optimiser(kCount);
  std::vector<float> parameters(kCount), gradient(kCount);
  std::vector<Reference> expected(kCount);
  for (size_t i = 0; i < kCount; ++i) parameters[i] = static_cast<float>(i) - 10, expected[i].p = parameters[i];
  ThreadPool pool(2);
  for (int step = 1; step <= 30; ++step) {
    for (size_t i = 0; i < kCount; ++i) {
      gradient[i] = std::sin(static_cast<float>(step) * 0.3f + static_cast<float>(i));
      expected[i].update(options, step, gradient[i]);
    }
    optimiser.update(options, static_cast<uint64_t>(step), 0, gradient, parameters, pool);
  }
  // 30 steps of single precision on values up to 10; 1 - beta2 = 0.001 is known to 6e-5 of itself in single precision.
  for (size_t i = 0; i < kCount; ++i) EXPECT_NEAR(parameters[i], expected[i].p, 5e-5) << i;
}

TEST(AdamW, SkipZeroLeavesUntouchedEntriesAndTheirMomentsAlone) {
  AdamW optimiser(19);
  std::vector<float> parameters(19, 1.0f), gradient(19, 0.0f);
  gradient[3] = gradient[18] = 1;
  ThreadPool pool(1);
  const AdamWOptions options{.rate = 0.1f, .weight_decay = 0.5f, .skip_zero = true};
  optimiser.update(options, 1, 0, gradient, parameters, pool);
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (i == 3 || i == 18) {
      EXPECT_LT(parameters[i], 0.9f);
    } else {
      EXPECT_EQ(parameters[i], 1.0f);
      EXPECT_EQ(optimiser.first_moments()[i], 0.0f);
    }
  }
}

TEST(RateSchedule, WarmsUpThenFallsToItsEnd) {
  RateSchedule schedule{RateSchedule::Shape::kExponential, 10, 110, 0.2f, 0.01f};
  EXPECT_FLOAT_EQ(schedule.at(5), 0.6f);
  EXPECT_FLOAT_EQ(schedule.at(10), 1.0f);
  EXPECT_NEAR(schedule.at(60), 0.1f, 1e-6);  // halfway: the geometric mean
  EXPECT_FLOAT_EQ(schedule.at(110), 0.01f);
  EXPECT_FLOAT_EQ(schedule.at(500), 0.01f);
  schedule.shape = RateSchedule::Shape::kCosine;
  EXPECT_NEAR(schedule.at(60), 0.505f, 1e-6);  // halfway: the mean
  EXPECT_FLOAT_EQ(schedule.at(110), 0.01f);
}

TEST(Average, FollowsTheParametersAndForgetsTheFirstSteps) {
  ThreadPool pool(1);
  std::vector<float> average = {0, 0}, parameters = {1, -1};
  for (uint64_t step = 1; step <= 2000; ++step) update_average(average_decay(0.99f, step), parameters, average, pool);
  EXPECT_NEAR(average[0], 1, 1e-5);
  EXPECT_NEAR(average[1], -1, 1e-5);
  EXPECT_LT(average_decay(0.99f, 1), 0.2f);
  EXPECT_EQ(average_decay(0.99f, 100000), 0.99f);
}

}  // namespace
}  // namespace diorama
