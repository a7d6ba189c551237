#include "reconstruction/calibration/exposures.h"

#include "engine/base/random.h"
#include "engine/scene/color.h"
#include "reconstruction/calibration/exposure_solver.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

// Points of known light, each seen by a few frames in a row: far frames are tied through those between.
struct Problem {
  SurfaceSamples samples;
  std::vector<glm::vec3> colors;
  std::vector<glm::vec3> gain;  // the truth, its logarithms' mean is 0
  std::vector<bool> use;
};

Problem chain_of_frames(size_t frames, double noise, double outliers) {
  Random random(11);
  Problem problem;
  glm::dvec3 mean(0.0);
  for (size_t f = 0; f < frames; ++f) {
    problem.samples.frames.push_back(f);
    const glm::vec3 log_gain(random.uniform(-0.3f, 0.3f), random.uniform(-0.3f, 0.3f), random.uniform(-0.3f, 0.3f));
    problem.gain.push_back(log_gain);
    mean += glm::dvec3(log_gain) / static_cast<double>(frames);
  }
  for (glm::vec3& gain : problem.gain) gain = glm::exp(gain - glm::vec3(mean));
  for (int point = 0; point < 4000; ++point) {
    const glm::vec3 light(random.uniform(0.05f, 0.5f), random.uniform(0.05f, 0.5f), random.uniform(0.05f, 0.5f));
    const uint32_t start = random.below(static_cast<uint32_t>(frames - 3));
    for (uint32_t f = start; f < start + 4; ++f) {
      glm::vec3 color = srgb_from_linear(light / problem.gain[f]) + static_cast<float>(noise) * random.normal();
      if (random.uniform() < static_cast<float>(outliers)) color = glm::vec3(random.uniform(0.1f, 0.9f));
      problem.samples.observations.push_back({f, {0, 0, 1}});
      problem.colors.push_back(glm::max(color, glm::vec3(0.01f)));
    }
    problem.samples.first.push_back(static_cast<uint32_t>(problem.samples.observations.size()));
  }
  problem.use.assign(frames, true);
  return problem;
}

double worst_error(const ExposureSolution& solution, const Problem& problem) {
  double worst = 0;
  for (size_t f = 0; f < problem.gain.size(); ++f) {
    const glm::vec3 error = glm::abs(glm::log(solution.gain[f] / problem.gain[f]));
    worst = std::max({worst, static_cast<double>(error.x), static_cast<double>(error.y), static_cast<double>(error.z)});
  }
  return worst;
}

TEST(SolveExposures, FindsTheGainsOfAChainOfFrames) {
  ThreadPool pool(2);
  const Problem problem = chain_of_frames(20, 0, 0);
  // The prior towards 1 draws by its share of the weights, some 1e-2 of 200 observations' a frame.
  EXPECT_LT(worst_error(solve_exposures(problem.samples, problem.colors, problem.use, pool), problem), 0.01);
}

TEST(SolveExposures, HoldsAgainstNoiseAndOutliers) {
  ThreadPool pool(2);
  const Problem problem = chain_of_frames(20, 0.02, 0.1);
  const ExposureSolution solution = solve_exposures(problem.samples, problem.colors, problem.use, pool);
  // 800 observations a frame of 4 % noise each, carried along 20 frames; a tenth of outliers would shift plain means by
  // a tenth of their spread.
  EXPECT_LT(worst_error(solution, problem), 0.04);
  for (const double sigma : solution.sigma) {
    EXPECT_GT(sigma, 0.001);
    EXPECT_LT(sigma, 0.1);
  }
}

TEST(SolveExposures, LogarithmsOfTheGainsHaveZeroMean) {
  ThreadPool pool(2);
  const Problem problem = chain_of_frames(12, 0.02, 0);
  const ExposureSolution solution = solve_exposures(problem.samples, problem.colors, problem.use, pool);
  glm::dvec3 sum(0.0);
  for (const glm::vec3 gain : solution.gain) sum += glm::log(glm::dvec3(gain));
  EXPECT_LT(glm::length(sum), 1e-5);  // float gains
}

TEST(SolveExposures, FramesThatSawTooLittleOrAreLeftOutKeepTheirExposure) {
  ThreadPool pool(2);
  Problem problem = chain_of_frames(12, 0, 0);
  problem.use[5] = false;
  size_t left = 20;
  for (size_t i = 0; i < problem.colors.size(); ++i) {
    if (problem.samples.observations[i].frame == 7 && (left == 0 || left-- == 0)) problem.colors[i] = glm::vec3(-1.0f);
  }
  const ExposureSolution solution = solve_exposures(problem.samples, problem.colors, problem.use, pool);
  for (const size_t f : {5, 7}) {
    EXPECT_FALSE(solution.solved[f]);
    EXPECT_EQ(solution.gain[f], glm::vec3(1.0f));
  }
  EXPECT_TRUE(solution.solved[6]);
}

TEST(SolveExposures, HasTheSameBitsForAnyThreadCount) {
  const Problem problem = chain_of_frames(30, 0.02, 0.05);
  ThreadPool one(1), two(2);
  EXPECT_EQ(solve_exposures(problem.samples, problem.colors, problem.use, one).gain,
            solve_exposures(problem.samples, problem.colors, problem.use, two).gain);
}

}  // namespace
}  // namespace diorama
