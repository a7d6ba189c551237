#include "reconstruction/calibration/photometric.h"

#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

// Smooth pictures without any relation to each other: gradients are tested, not convergence.
GreyFrame smooth_picture(Random& random) {
  GreyFrame frame{ImageF32({64, 48}), random.uniform(0.8f, 1.2f)};
  const float a = random.uniform(0.05f, 0.15f), b = random.uniform(0.05f, 0.15f), c = random.uniform(0, 6);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      frame.grey.at(x, y) =
          0.5f + 0.2f * std::sin(a * static_cast<float>(x) + c) + 0.2f * std::cos(b * static_cast<float>(y) - c);
    }
  }
  return frame;
}

struct Problem {
  SurfaceSamples samples;
  std::vector<GreyFrame> frames;
  RigCalibration rig{{{64, 48}, {50, 50}, {32, 24}, {}}, {}};
};

Problem random_problem(uint64_t seed, int points) {
  Random random(seed);
  Problem problem;
  for (int f = 0; f < 5; ++f) {
    problem.frames.push_back(smooth_picture(random));
    problem.samples.frames.push_back(static_cast<size_t>(f));
  }
  for (int k = 0; k < points; ++k) {
    for (uint32_t f = 0; f < 5; ++f) {
      const float z = random.uniform(1.0f, 3.0f);
      problem.samples.observations.push_back(
          {f, {random.uniform(-0.3f, 0.3f) * z, random.uniform(-0.25f, 0.25f) * z, z}});
    }
    problem.samples.first.push_back(static_cast<uint32_t>(problem.samples.observations.size()));
  }
  problem.rig.color_from_depth.translation = {0.02f, -0.01f, 0.005f};
  return problem;
}

TEST(Photometric, GradientMatchesCentralDifferences) {
  ThreadPool pool(2);
  for (const double huber : {10.0, 0.1}) {  // quadratic throughout, and with most residuals in the linear part
    Problem problem = random_problem(7, 400);
    problem.rig.lens = {-0.1, 0.05, 0, 0.002, -0.001};
    const PhotometricOptions options{.huber = huber, .parameters = kRigParameters};
    const NormalEquations sums = linearize(problem.samples, problem.frames, problem.rig, options, pool);
    // Steps of about a tenth of a pixel: float pictures allow no less, the bilinear kinks no more.
    const RigStep sizes{2e-3, 2e-3, 0.1, 0.1, 2e-3, 2e-3, 4e-3, 4e-3, 4e-3, 6e-3, 0.05, 0.2, 8e-3, 8e-3};
    for (size_t k = 0; k < sizes.size(); ++k) {
      RigStep plus{}, minus{};
      plus[k] = sizes[k];
      minus[k] = -sizes[k];
      const double high = linearize(problem.samples, problem.frames, stepped(problem.rig, plus), options, pool).cost;
      const double low = linearize(problem.samples, problem.frames, stepped(problem.rig, minus), options, pool).cost;
      const double difference = (high - low) / (2 * sizes[k]);
      // 2 %: curvature over the step, and bilinear kinks; a wrong sign or a missing term is tens of percent off.
      EXPECT_NEAR(sums.gradient[k], difference, 0.02 * std::abs(difference) + 0.02) << "parameter " << k;
    }
  }
}

TEST(Photometric, SumsHaveTheSameBitsForAnyThreadCount) {
  const Problem problem = random_problem(3, 2000);
  ThreadPool one(1), two(2);
  const NormalEquations a = linearize(problem.samples, problem.frames, problem.rig, {}, one);
  const NormalEquations b = linearize(problem.samples, problem.frames, problem.rig, {}, two);
  EXPECT_EQ(a.hessian, b.hessian);
  EXPECT_EQ(a.gradient, b.gradient);
  EXPECT_EQ(a.cost, b.cost);
}

TEST(Photometric, GainsUndoAKnownExposure) {
  ThreadPool pool(2);
  Problem problem = random_problem(5, 500);
  // The same picture everywhere at the same place, but exposed differently.
  const float exposure[] = {0.8f, 0.9f, 1.0f, 1.1f, 1.25f};
  const ImageF32 base = problem.frames[0].grey;
  for (size_t f = 0; f < 5; ++f) {
    problem.frames[f] = {base, 1};
    for (float& value : problem.frames[f].grey.pixels()) value *= exposure[f];
  }
  for (size_t k = 0; k < problem.samples.point_count(); ++k) {
    for (uint32_t i = 1; i < 5; ++i) {
      problem.samples.observations[5 * k + i].p_in_depth = problem.samples.observations[5 * k].p_in_depth;
    }
  }
  for (int round = 0; round < 20; ++round) {
    const auto gains = exposure_gains(problem.samples, problem.frames, problem.rig, pool);
    for (size_t f = 0; f < 5; ++f) problem.frames[f].gain = gains[f];
  }
  const float level = problem.frames[0].gain * exposure[0];
  for (size_t f = 1; f < 5; ++f) EXPECT_NEAR(problem.frames[f].gain * exposure[f], level, 1e-3f);
}

TEST(Stepped, ZeroStepChangesNothing) {
  const Problem problem = random_problem(1, 1);
  const RigCalibration same = stepped(problem.rig, {});
  EXPECT_EQ(same.color.focal_px, problem.rig.color.focal_px);
  EXPECT_EQ(same.color_from_depth.translation, problem.rig.color_from_depth.translation);
  EXPECT_EQ(same.color_from_depth.rotation, problem.rig.color_from_depth.rotation);
}

}  // namespace
}  // namespace diorama
