#include "reconstruction/calibration/calibrate.h"

#include "engine/base/error.h"
#include "reconstruction/calibration/grey_pyramid.h"
#include "reconstruction/calibration/training_frames.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

using Matrix = Eigen::Matrix<double, kRigParameters, kRigParameters, Eigen::RowMajor>;
using Vector = Eigen::Matrix<double, kRigParameters, 1>;
using Eigen::Index;

constexpr double kDegree = std::numbers::pi / 180;
constexpr int kLevels = 4;  // 1/8, 1/4, 1/2, 1 of the resolution
constexpr int kIterationsPerLevel = 12;
constexpr float kFocalStarts[] = {0.85f, 0.9f, 0.95f, 1.0f, 1.05f, 1.1f};  // of the shipped focal length
// Neighbouring pixels and the frames' motion blur share their errors: the residuals count as this many times fewer.
constexpr double kResidualCorrelation = 30;

// The rig scaled to a level whose images are `factor` times smaller.
RigCalibration at_level(const RigCalibration& rig, glm::ivec2 size_px) {
  RigCalibration result = rig;
  result.color = resized(rig.color, size_px);
  return result;
}

// One level's problem: samples, pictures, and what keeps the weakly determined parameters near the shipped values.
class Level {
 public:
  Level(const SurfaceSamples& samples, std::vector<GreyFrame> frames, const RigCalibration& shipped,
        const CalibrationOptions& options, int parameters, ThreadPool& pool)
      : samples_(samples),
        frames_(std::move(frames)),
        shipped_(shipped),
        options_(options),
        parameters_(parameters),
        pool_(pool) {}

  int parameters() const { return parameters_; }

  glm::ivec2 size_px() const { return frames_.front().grey.size_px(); }

  void update_gains(const RigCalibration& full) {
    const std::vector<float> gains = exposure_gains(samples_, frames_, at_level(full, size_px()), pool_);
    for (size_t i = 0; i < gains.size(); ++i) frames_[i].gain = gains[i];
  }

  // Mean Huber cost and normal equations in full-resolution parameters, priors included.
  NormalEquations evaluate(const RigCalibration& full) const {
    NormalEquations sums = linearize(samples_, frames_, at_level(full, size_px()), {.parameters = parameters_}, pool_);
    const double ratio = static_cast<double>(size_px().x) / full.color.size_px.x;
    const auto scale = [&](size_t k) { return k == kCenter || k == kCenter + 1 ? ratio : 1; };
    for (size_t row = 0; row < kRigParameters; ++row) {
      sums.gradient[row] *= scale(row);
      for (size_t column = 0; column < kRigParameters; ++column) {
        sums.hessian[row * kRigParameters + column] *= scale(row) * scale(column);
      }
    }
    add_priors(sums, full);
    return sums;
  }

 private:
  void add_priors(NormalEquations& sums, const RigCalibration& full) const {
    if (!(sums.weight > 0)) return;
    const double strength = std::max(sums.square / sums.weight, 1e-6) * sums.weight / kPriorResiduals;
    const auto add = [&](size_t k, double deviation, double sigma) {
      sums.hessian[k * kRigParameters + k] += strength / (sigma * sigma);
      sums.gradient[k] += strength * deviation / (sigma * sigma);
      sums.cost += 0.5 * strength * deviation * deviation / (sigma * sigma);
    };
    const glm::vec2 center = full.color.center_px - shipped_.color.center_px;
    const glm::mat3& r = full.color_from_depth.rotation;
    const glm::vec3 turn = 0.5f * glm::vec3(r[1][2] - r[2][1], r[2][0] - r[0][2], r[0][1] - r[1][0]);
    for (size_t axis = 0; axis < 2; ++axis) {
      add(kCenter + axis, center[static_cast<int>(axis)], options_.center_prior_px);
    }
    for (size_t axis = 0; axis < 3; ++axis) {
      const int i = static_cast<int>(axis);
      add(kRotation + axis, turn[i], options_.rotation_prior_deg * kDegree);
      add(kTranslation + axis, full.color_from_depth.translation[i], options_.offset_prior_m);
    }
    const double lens[] = {full.lens.k1, full.lens.k2, full.lens.p1, full.lens.p2};
    for (size_t k = kLens; k < static_cast<size_t>(parameters_); ++k) {
      add(k, lens[k - kLens], kLensPriors[k - kLens]);
    }
    // Square pixels: log(fx / fy) is near that of the shipped camera.
    const glm::vec2 change = full.color.focal_px / shipped_.color.focal_px;
    const double stiffness = strength / (kAspectPrior * kAspectPrior), skew = std::log(change.x / change.y);
    for (size_t i = 0; i < 2; ++i) {
      sums.gradient[kFocal + i] += (i == 0 ? 1 : -1) * stiffness * skew;
      for (size_t j = 0; j < 2; ++j) sums.hessian[i * kRigParameters + j] += (i == j ? 1 : -1) * stiffness;
    }
    sums.cost += 0.5 * stiffness * skew * skew;
  }

  // A prior weighs as much as the data's spread over this share of the residuals.
  static constexpr double kPriorResiduals = 3000;
  static constexpr double kAspectPrior = 0.005;                      // 1 sigma of log(fx / fy)
  static constexpr double kLensPriors[] = {0.2, 0.3, 0.005, 0.005};  // 1 sigma of k1 k2 p1 p2 of ordinary cameras

  const SurfaceSamples& samples_;
  std::vector<GreyFrame> frames_;
  const RigCalibration& shipped_;
  const CalibrationOptions& options_;
  int parameters_;  // free ones, from the first
  ThreadPool& pool_;
};

double mean_cost(const NormalEquations& sums) {
  return sums.weight > 0 ? sums.cost / sums.weight : 1e30;
}

RigStep solve_damped(const NormalEquations& sums, int parameters, double damping) {
  const Index free = parameters;
  Eigen::MatrixXd hessian = Eigen::Map<const Matrix>(sums.hessian.data()).topLeftCorner(free, free);
  hessian.diagonal() *= 1 + damping;
  hessian.diagonal().array() += 1e-12;
  const Eigen::VectorXd solution = -hessian.ldlt().solve(Eigen::Map<const Vector>(sums.gradient.data()).head(free));
  RigStep step{};
  std::copy_n(solution.data(), parameters, step.begin());
  return step;
}

// Levenberg-Marquardt on one level. Returns the mean cost.
double refine(Level& level, RigCalibration& rig, int iterations, JobContext& job) {
  level.update_gains(rig);
  NormalEquations sums = level.evaluate(rig);
  double damping = 1e-3;
  for (int i = 0; i < iterations; ++i) {
    job.check_cancelled();
    const RigCalibration next = stepped(rig, solve_damped(sums, level.parameters(), damping));
    const NormalEquations next_sums = level.evaluate(next);
    if (!(mean_cost(next_sums) < mean_cost(sums)) || next_sums.weight < 0.7 * sums.weight) {
      damping *= 10;
      if (damping > 1e3) break;
      continue;
    }
    const bool settled = mean_cost(sums) - mean_cost(next_sums) < 1e-6 * mean_cost(sums);
    rig = next;
    damping = std::max(damping * 0.3, 1e-7);
    if (settled) break;
    level.update_gains(rig);
    sums = level.evaluate(rig);
  }
  return mean_cost(sums);
}

CalibrationUncertainty uncertainty_of(const NormalEquations& sums, const RigCalibration& rig, int parameters) {
  const double variance = sums.square / std::max(1.0, sums.weight) * kResidualCorrelation;
  const Index free = parameters;
  const Eigen::MatrixXd covariance =
      Eigen::Map<const Matrix>(sums.hessian.data()).topLeftCorner(free, free).inverse() * variance;
  const auto sigma = [&](size_t k) {
    const auto i = static_cast<Index>(k);
    return i < free ? std::sqrt(std::max(0.0, covariance(i, i))) : 0.0;
  };
  return {{sigma(kFocal) * rig.color.focal_px.x, sigma(kFocal + 1) * rig.color.focal_px.y},
          {sigma(kCenter), sigma(kCenter + 1)},
          {sigma(kRotation) / kDegree, sigma(kRotation + 1) / kDegree, sigma(kRotation + 2) / kDegree},
          {sigma(kTranslation), sigma(kTranslation + 1), sigma(kTranslation + 2)},
          {sigma(kLens), sigma(kLens + 1), sigma(kLens + 2), sigma(kLens + 3)}};
}

double rms_counts(const NormalEquations& sums) {
  return sums.weight > 0 ? 255 * std::sqrt(sums.square / sums.weight) : 0;
}

// Within what a rig can be: beyond, the estimate has run away.
bool plausible(const RigCalibration& rig, const RigCalibration& shipped) {
  const float ratio = rig.color.focal_px.x / shipped.color.focal_px.x;
  return ratio > 0.7f && ratio < 1.4f && glm::length(rig.color_from_depth.translation) < 0.25f &&
         rotation_angle(rig.color_from_depth.rotation) < 15 * kDegree;
}

}  // namespace

RigCalibration shipped_rig(const Capture& capture) {
  DIO_CHECK(!capture.frames().empty());
  return {capture.frames().front().color, {}};
}

CalibrationResult calibrate_rig(const Capture& capture, const CalibrationOptions& options, JobContext& job) {
  const std::vector<size_t> frames =
      spread_over(still_frames(capture, 8, "calibration"), static_cast<size_t>(options.max_frames));
  const std::vector<Camera> cameras = depth_cameras_of(capture, frames);
  const Mesh surface = fused_surface(capture, frames, cameras, options.voxel_m, job);
  const SurfaceSamples samples = sample_surface(surface, capture, frames, cameras, {}, job);
  if (samples.point_count() < 500) {
    fail(ErrorCode::kInvalidInput, "{}: only {} surface points are seen by several frames, calibration needs 500",
         capture.name(), samples.point_count());
  }
  const RigCalibration shipped = shipped_rig(capture);
  std::vector<std::vector<GreyFrame>> pyramid = grey_pyramids(capture, frames, kLevels, job);

  job.begin_stage("calibrating", kLevels + std::size(kFocalStarts));
  CalibrationResult result{.rig = shipped, .frames = frames.size(), .points = samples.point_count()};
  result.observations = samples.observations.size();
  double best = std::numeric_limits<double>::infinity();
  constexpr int kPinhole = static_cast<int>(kLens);
  const int parameters = kPinhole + 2 * options.distortion;
  Level coarsest(samples, std::move(pyramid[kLevels - 1]), shipped, options, kPinhole, job.pool());
  for (const float start : kFocalStarts) {
    RigCalibration rig = shipped;
    rig.color.focal_px *= start;
    const double cost = refine(coarsest, rig, kIterationsPerLevel, job);
    if (cost < best) {
      best = cost;
      result.rig = rig;
    }
    job.advance();
  }
  for (int k = kLevels - 2; k >= 0; --k) {
    Level level(samples, std::move(pyramid[static_cast<size_t>(k)]), shipped, options, parameters, job.pool());
    refine(level, result.rig, kIterationsPerLevel, job);
    if (k == 0) {
      const NormalEquations after = level.evaluate(result.rig);
      result.uncertainty = uncertainty_of(after, result.rig, parameters);
      result.residual_after = rms_counts(after);
      level.update_gains(shipped);
      result.residual_before = rms_counts(level.evaluate(shipped));
    }
    job.advance();
  }
  job.advance();
  result.pays = plausible(result.rig, shipped) && result.residual_after < 0.98 * result.residual_before;
  return result;
}

}  // namespace diorama
