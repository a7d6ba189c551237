#include "reconstruction/calibration/exposure_solver.h"

#include "engine/base/error.h"
#include "engine/scene/color.h"
#include "reconstruction/calibration/observed_colors.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using Values = std::vector<glm::dvec3>;  // a value a frame

constexpr size_t kLeastObservations = 100;
constexpr int kRobustRounds = 6, kMaxIterations = 200;
constexpr double kHuber = 0.12;        // of a residual in kCodeUnit: some 14 counts of 255
constexpr double kTolerance = 1e-7;    // of the conjugate gradients' residual, relative
constexpr double kPriorWeight = 0.1;   // gains near 1 where nothing else tells: a tenth of an observation of white
constexpr double kNeighbourhood = 30;  // observations of one frame share errors: they count as this many times fewer
constexpr size_t kPointsPerPiece = 512;

// One channel's sRGB code moves by about v / 2.2 for a change of the light's logarithm by 1, so logarithms are weighted
// by v^2: then residuals are about evenly noisy, in units of 2.2 codes.
double code_weight(glm::vec3 color) {
  const double v = (color.x + color.y + color.z) / 3;
  return v * v;
}

class Problem {
 public:
  Problem(const SurfaceSamples& samples, std::span<const glm::vec3> colors, const std::vector<bool>& use,
          ThreadPool& pool)
      : samples_(samples), pool_(pool), solved_(samples.frames.size()), light_(colors.size()), weight_(colors.size()) {
    std::vector<size_t> count(samples.frames.size(), 0);
    const auto usable = [&](size_t i) { return use[samples.observations[i].frame] && was_observed(colors[i]); };
    for (size_t i = 0; i < colors.size(); ++i) count[samples.observations[i].frame] += usable(i) ? 1 : 0;
    for (size_t f = 0; f < count.size(); ++f) solved_[f] = count[f] >= kLeastObservations;
    base_.resize(samples.point_count(), 0);
    pool.parallel_for(samples.point_count(), kPointsPerPiece, [&](size_t begin, size_t end) {
      for (size_t point = begin; point < end; ++point) prepare(point, colors, usable);
    });
  }

  const std::vector<bool>& solved() const { return solved_; }

  // Weights of the observations at the present gains (logarithms).
  void reweigh(const Values& gains) {
    for_each_point(
        [&](size_t point, const glm::dvec3& mean) {
          for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
            if (!(weight_[i] > 0)) continue;
            const glm::dvec3 residual = light_[i] + gains[samples_.observations[i].frame] - mean;
            const double size = std::sqrt(base_[point] * glm::dot(residual, residual) / 3);
            weight_[i] = base_[point] * (size <= kHuber ? 1 : kHuber / size);
          }
        },
        gains, 1);
  }

  // The normal equations' left side at x; with x = 0 and `with_light` minus the right side.
  Values apply(const Values& x, bool with_light) const {
    constexpr size_t kLargePiece = 8192;  // few pieces: each holds a value a frame
    Values sums = sum_of_pieces(kLargePiece, [&](size_t begin, size_t end, Values& piece) {
      for (size_t point = begin; point < end; ++point) {
        const glm::dvec3 mean = mean_of(point, x, with_light ? 1 : 0);
        for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
          const uint32_t f = samples_.observations[i].frame;
          piece[f] += weight_[i] * (x[f] + (with_light ? light_[i] : glm::dvec3(0.0)) - mean);
        }
      }
    });
    for (size_t f = 0; f < sums.size(); ++f) sums[f] += kPriorWeight * x[f];
    return sums;
  }

  // Sums over each frame's observations: of the weights, and of the residuals' squares at `gains`.
  struct Spread {
    std::vector<double> weight;
    double square = 0, count = 0;
  };
  Spread spread(const Values& gains) const {
    Spread result{std::vector<double>(samples_.frames.size(), 0)};
    for (size_t point = 0; point < samples_.point_count(); ++point) {
      const glm::dvec3 mean = mean_of(point, gains, 1);
      for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
        if (!(weight_[i] > 0)) continue;
        const uint32_t f = samples_.observations[i].frame;
        const glm::dvec3 residual = light_[i] + gains[f] - mean;
        result.weight[f] += weight_[i];
        result.square += weight_[i] * glm::dot(residual, residual) / 3;
        result.count += 1;
      }
    }
    return result;
  }

 private:
  template <class Usable>
  void prepare(size_t point, std::span<const glm::vec3> colors, const Usable& usable) {
    double sum = 0;
    int views = 0;
    for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
      if (!usable(i) || !solved_[samples_.observations[i].frame]) continue;
      sum += code_weight(colors[i]);
      ++views;
    }
    if (views < 2) return;
    base_[point] = sum / views;
    for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
      if (!usable(i) || !solved_[samples_.observations[i].frame]) continue;
      light_[i] = glm::log(glm::dvec3(linear_from_srgb(colors[i])));
      weight_[i] = base_[point];
    }
  }

  glm::dvec3 mean_of(size_t point, const Values& gains, double light_share) const {
    glm::dvec3 sum(0.0);
    double weight = 0;
    for (uint32_t i = samples_.first[point]; i < samples_.first[point + 1]; ++i) {
      sum += weight_[i] * (light_share * light_[i] + gains[samples_.observations[i].frame]);
      weight += weight_[i];
    }
    return weight > 0 ? sum / weight : sum;
  }

  template <class Body>
  void for_each_point(Body&& body, const Values& gains, double light_share) {
    pool_.parallel_for(samples_.point_count(), kPointsPerPiece, [&](size_t begin, size_t end) {
      for (size_t point = begin; point < end; ++point) body(point, mean_of(point, gains, light_share));
    });
  }

  template <class Body>
  Values sum_of_pieces(size_t grain, Body&& body) const {
    const size_t pieces = (samples_.point_count() + grain - 1) / grain;
    std::vector<Values> partial(pieces);
    pool_.parallel_for(samples_.point_count(), grain, [&](size_t begin, size_t end) {
      Values& piece = partial[begin / grain];
      piece.assign(samples_.frames.size(), glm::dvec3(0.0));
      body(begin, end, piece);
    });
    Values total(samples_.frames.size(), glm::dvec3(0.0));
    for (const Values& piece : partial) {
      for (size_t f = 0; f < total.size(); ++f) total[f] += piece[f];
    }
    return total;
  }

  const SurfaceSamples& samples_;
  ThreadPool& pool_;
  std::vector<bool> solved_;
  std::vector<glm::dvec3> light_;  // logarithm of linear light
  std::vector<double> weight_;     // 0: left out
  std::vector<double> base_;       // of each point, before robustness
};

glm::dvec3 dot(const Values& a, const Values& b) {
  glm::dvec3 sum(0.0);
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Channel by channel; 0 where the divisor is.
glm::dvec3 quotient(glm::dvec3 a, glm::dvec3 b) {
  for (int i = 0; i < 3; ++i) a[i] = b[i] > 0 ? a[i] / b[i] : 0;
  return a;
}

// Conjugate gradients (Hestenes and Stiefel 1952) for all three channels side by side.
void solve(const Problem& problem, Values& x) {
  Values residual = problem.apply(x, true);
  for (glm::dvec3& r : residual) r = -r;
  Values direction = residual;
  glm::dvec3 square = dot(residual, residual);
  const glm::dvec3 enough = square * kTolerance * kTolerance;
  for (int k = 0; k < kMaxIterations && !glm::all(glm::lessThanEqual(square, enough)); ++k) {
    const Values image = problem.apply(direction, false);
    const glm::dvec3 step = quotient(square, dot(direction, image));
    for (size_t f = 0; f < x.size(); ++f) {
      x[f] += step * direction[f];
      residual[f] -= step * image[f];
    }
    const glm::dvec3 next = dot(residual, residual), ratio = quotient(next, square);
    for (size_t f = 0; f < x.size(); ++f) direction[f] = residual[f] + ratio * direction[f];
    square = next;
  }
}

void remove_mean(Values& x, const std::vector<bool>& solved) {
  glm::dvec3 sum(0.0);
  double count = 0;
  for (size_t f = 0; f < x.size(); ++f) {
    if (!solved[f]) continue;
    sum += x[f];
    count += 1;
  }
  for (size_t f = 0; f < x.size(); ++f) x[f] = solved[f] ? x[f] - sum / count : glm::dvec3(0.0);
}

}  // namespace

ExposureSolution solve_exposures(const SurfaceSamples& samples, std::span<const glm::vec3> colors,
                                 const std::vector<bool>& use, ThreadPool& pool) {
  DIO_CHECK(colors.size() == samples.observations.size() && use.size() == samples.frames.size());
  Problem problem(samples, colors, use, pool);
  Values log_gain(samples.frames.size(), glm::dvec3(0.0));
  for (int round = 0; round < kRobustRounds; ++round) {
    problem.reweigh(log_gain);
    solve(problem, log_gain);
  }
  remove_mean(log_gain, problem.solved());
  const Problem::Spread spread = problem.spread(log_gain);
  const double variance = spread.square / std::max(1.0, spread.count) * kNeighbourhood;
  ExposureSolution solution{.solved = problem.solved()};
  for (size_t f = 0; f < log_gain.size(); ++f) {
    solution.gain.push_back(glm::vec3(glm::exp(log_gain[f])));
    solution.sigma.push_back(spread.weight[f] > 0 ? std::sqrt(variance / spread.weight[f]) : 0);
  }
  return solution;
}

}  // namespace diorama
