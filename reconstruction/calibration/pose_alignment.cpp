#include "reconstruction/calibration/pose_alignment.h"

#include "capture/calibration_file.h"
#include "capture/depth_views.h"
#include "engine/scene/turn.h"
#include "reconstruction/calibration/photometric.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

using Matrix = Eigen::Matrix<double, kPoseParameters, kPoseParameters, Eigen::RowMajor>;
using Vector = Eigen::Matrix<double, kPoseParameters, 1>;

constexpr double kHuber = 1.345;       // sigmas; 95 % efficient on normal noise
constexpr double kNeighbourhood = 30;  // neighbouring points share their errors: they count as this many times fewer
constexpr int kMaxIterations = 10;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// One residual with its derivatives by turn and shift.
struct Row {
  double residual = 0;
  glm::dvec3 by_turn{0}, by_shift{0};
};

void add(AlignmentSums& sums, const Row& row, double sigma) {
  const double r = row.residual / sigma, size = std::abs(r);
  const double weight = (size <= kHuber ? 1 : kHuber / size) / kNeighbourhood;
  const double j[kPoseParameters] = {row.by_turn.x,  row.by_turn.y,  row.by_turn.z,
                                     row.by_shift.x, row.by_shift.y, row.by_shift.z};
  for (size_t a = 0; a < kPoseParameters; ++a) {
    for (size_t b = 0; b < kPoseParameters; ++b) {
      sums.hessian[a * kPoseParameters + b] += weight * j[a] * j[b] / (sigma * sigma);
    }
    sums.gradient[a] += weight * j[a] * r / sigma;
  }
  sums.cost += (size <= kHuber ? 0.5 * r * r : kHuber * (size - 0.5 * kHuber)) / kNeighbourhood;
}

// Distance along the point's normal from the surface to what the depth camera measured there.
std::optional<Row> depth_row(const FrameEvidence& evidence, const Rigid& world_from_depth, glm::vec3 p_in_depth,
                             size_t point) {
  const glm::vec2 pixel = project_in_camera(evidence.depth_camera, p_in_depth);
  const std::optional<float> z = surface_depth(*evidence.depth_m, pixel);
  if (!z) return std::nullopt;
  const glm::vec3 arm = world_from_depth.rotation * unproject_in_camera(evidence.depth_camera, pixel, *z);
  const glm::dvec3 normal(evidence.normals[point]);
  const glm::dvec3 gap(arm + world_from_depth.translation - evidence.positions[point]);
  return Row{glm::dot(normal, gap), glm::cross(glm::dvec3(arm), normal), normal};
}

// What the colour camera sees at the point against what the other frames saw.
std::optional<Row> grey_row(const FrameEvidence& evidence, const Rigid& world_from_depth, glm::vec3 p_in_depth,
                            size_t point) {
  if (!(evidence.grey_of_others[point] >= 0)) return std::nullopt;
  const glm::vec3 p = evidence.color_from_depth * p_in_depth;
  if (!(p.z > 0)) return std::nullopt;
  const Camera& camera = evidence.color_camera;
  const auto seen = sample(*evidence.grey, project_in_camera(camera, p));
  if (!seen) return std::nullopt;
  const glm::vec2 slope = evidence.gain * seen->gradient * camera.focal_px / p.z;
  const glm::vec3 by_point(slope, -(slope.x * p.x + slope.y * p.y) / p.z);
  const glm::dvec3 by_world(world_from_depth.rotation *
                            (glm::transpose(evidence.color_from_depth.rotation) * by_point));
  const glm::dvec3 arm(evidence.positions[point] - world_from_depth.translation);
  return Row{evidence.gain * seen->value - evidence.grey_of_others[point], glm::cross(by_world, arm), -by_world};
}

void add_prior(AlignmentSums& sums, const PoseStep& from_shipped, const AlignmentPrior& prior) {
  for (size_t k = 0; k < kPoseParameters; ++k) {
    const double sigma = k < 3 ? prior.turn_rad : prior.shift_m, strength = 1 / (sigma * sigma);
    sums.hessian[k * kPoseParameters + k] += strength;
    sums.gradient[k] += strength * from_shipped[k];
    sums.cost += 0.5 * strength * from_shipped[k] * from_shipped[k];
  }
}

PoseStep damped_step(const AlignmentSums& sums, double damping) {
  Matrix hessian = Eigen::Map<const Matrix>(sums.hessian.data());
  hessian.diagonal() *= 1 + damping;
  const Vector solution = -hessian.ldlt().solve(Eigen::Map<const Vector>(sums.gradient.data()));
  PoseStep step{};
  std::copy_n(solution.data(), kPoseParameters, step.begin());
  return step;
}

}  // namespace

Rigid moved(const Rigid& world_from_camera, const PoseStep& step) {
  return {turn_from_vector({step[0], step[1], step[2]}) * world_from_camera.rotation,
          glm::vec3(glm::dvec3(world_from_camera.translation) + glm::dvec3(step[3], step[4], step[5]))};
}

PoseStep motion_between(const Rigid& from, const Rigid& to) {
  const glm::dvec3 turn = turn_vector(to.rotation * glm::transpose(from.rotation));
  const glm::dvec3 shift = glm::dvec3(to.translation) - glm::dvec3(from.translation);
  return {turn.x, turn.y, turn.z, shift.x, shift.y, shift.z};
}

double depth_sigma_m(double z_m) {
  return 0.0015 + 0.0019 * (z_m - 0.4) * (z_m - 0.4);
}

AlignmentSums linearize(const FrameEvidence& evidence, const Rigid& world_from_depth, const AlignmentScale& scale,
                        const AlignmentPrior& prior) {
  AlignmentSums sums;
  const Rigid depth_from_world = inverse(world_from_depth);
  for (size_t point = 0; point < evidence.positions.size(); ++point) {
    const glm::vec3 p = depth_from_world * evidence.positions[point];
    if (!(p.z > 0)) continue;
    if (const auto row = depth_row(evidence, world_from_depth, p, point)) {
      add(sums, *row, scale.depth * depth_sigma_m(p.z));
      ++sums.depths;
    }
    if (const auto row = grey_row(evidence, world_from_depth, p, point)) {
      add(sums, *row, scale.grey);
      ++sums.greys;
    }
  }
  add_prior(sums, motion_between(evidence.depth_camera.world_from_camera, world_from_depth), prior);
  return sums;
}

PointResidual residual_of(const FrameEvidence& evidence, const Rigid& world_from_depth, size_t point) {
  const glm::vec3 p = inverse(world_from_depth) * evidence.positions[point];
  PointResidual result{kNaN, p.z, kNaN};
  if (!(p.z > 0)) return result;
  if (const auto row = depth_row(evidence, world_from_depth, p, point)) {
    result.depth_m = static_cast<float>(row->residual);
  }
  if (const auto row = grey_row(evidence, world_from_depth, p, point)) result.grey = static_cast<float>(row->residual);
  return result;
}

Alignment align(const FrameEvidence& evidence, const Rigid& start, const AlignmentScale& scale,
                const AlignmentPrior& prior) {
  Alignment result{start};
  AlignmentSums sums = linearize(evidence, start, scale, prior);
  double damping = 1e-4;
  for (int i = 0; i < kMaxIterations && damping < 1e3; ++i) {
    const Rigid next = moved(result.world_from_depth, damped_step(sums, damping));
    const AlignmentSums next_sums = linearize(evidence, next, scale, prior);
    // Losing a tenth of the residuals is no progress, whatever the rest says.
    const size_t count = sums.depths + sums.greys, next_count = next_sums.depths + next_sums.greys;
    if (!(next_sums.cost < sums.cost) || 10 * next_count < 9 * count) {
      damping *= 10;
      continue;
    }
    const bool settled = sums.cost - next_sums.cost < 1e-5 * sums.cost;
    result.world_from_depth = next;
    sums = next_sums;
    damping = std::max(damping * 0.3, 1e-8);
    if (settled) break;
  }
  const Matrix covariance = Eigen::Map<const Matrix>(sums.hessian.data()).inverse();
  result.sigma_turn_rad = std::sqrt(std::max(0.0, covariance.diagonal().head<3>().sum()));
  result.sigma_shift_m = std::sqrt(std::max(0.0, covariance.diagonal().tail<3>().sum()));
  return result;
}

}  // namespace diorama
