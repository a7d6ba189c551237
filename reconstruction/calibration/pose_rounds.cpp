#include "reconstruction/calibration/pose_rounds.h"

#include "capture/calibration_file.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "engine/scene/turn.h"
#include "reconstruction/calibration/grey_pyramid.h"
#include "reconstruction/calibration/photometric.h"
#include "reconstruction/calibration/training_frames.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kNormalFromMedian = 1.4826;            // sigma of a normal from its median size
constexpr AlignmentScale kLeastScale{0.25, 4.0 / 255};  // exact captures: voxels and resampling are left
constexpr float kFarDepth_m = 0.05f, kFarGrey = 0.25f;  // residuals beyond count as this
constexpr int kLeastOthers = 2;

// What is decoded of one frame.
struct FramePictures {
  FrameImages images;
  ImageF32 grey;
  Camera color_camera;
  Rigid color_from_depth;
};

FramePictures load_pictures(const PoseProblem& problem, size_t f, int level) {
  constexpr FrameParts kBoth{.confidence = false, .mask = false};
  FramePictures pictures{.images = problem.capture.load(problem.frames[f], kBoth)};
  DIO_CHECK(pictures.images.depth_m && pictures.images.color);
  pictures.grey = grey_level(*pictures.images.color, level);
  pictures.color_camera = resized(problem.color[f], pictures.grey.size_px());
  pictures.color_from_depth = inverse(problem.color[f].world_from_camera) * problem.shipped[f].world_from_camera;
  return pictures;
}

std::vector<Camera> cameras_at(const PoseProblem& problem, std::span<const Rigid> poses) {
  std::vector<Camera> cameras = problem.shipped;
  for (size_t f = 0; f < cameras.size(); ++f) cameras[f].world_from_camera = poses[f];
  return cameras;
}

// Grey values of all observations, before gains; negative: outside.
std::vector<float> observed_grey(const PoseProblem& problem, const PoseModel& model) {
  std::vector<float> grey(model.samples.observations.size(), -1);
  problem.job.begin_stage("reading colour", problem.frames.size());
  problem.job.pool().parallel_for(problem.frames.size(), 1, [&](size_t f, size_t) {
    const FramePictures pictures = load_pictures(problem, f, model.detail.grey_level);
    for (uint32_t k = model.by_frame.first[f]; k < model.by_frame.first[f + 1]; ++k) {
      const uint32_t i = model.by_frame.order[k];
      const glm::vec3 p = pictures.color_from_depth * model.samples.observations[i].p_in_depth;
      if (!(p.z > 0)) continue;
      if (const auto seen = sample(pictures.grey, project_in_camera(pictures.color_camera, p))) grey[i] = seen->value;
    }
    problem.job.advance();
  });
  return grey;
}

std::vector<float> means_of_others(const SurfaceSamples& samples, std::span<const float> grey,
                                   std::span<const float> gains, const std::vector<bool>& in_model) {
  std::vector<float> others(grey.size(), -1);
  for (size_t point = 0; point < samples.point_count(); ++point) {
    float sum = 0;
    int views = 0;
    const auto counts = [&](uint32_t i) { return in_model[samples.observations[i].frame] && grey[i] >= 0; };
    for (uint32_t i = samples.first[point]; i < samples.first[point + 1]; ++i) {
      if (!counts(i)) continue;
      sum += gains[samples.observations[i].frame] * grey[i];
      ++views;
    }
    for (uint32_t i = samples.first[point]; i < samples.first[point + 1]; ++i) {
      const bool own = counts(i);
      const int left = views - (own ? 1 : 0);
      const float rest = sum - (own ? gains[samples.observations[i].frame] * grey[i] : 0);
      if (left >= kLeastOthers) others[i] = rest / static_cast<float>(left);
    }
  }
  return others;
}

// Least squares of gain * grey = mean of the others, a frame at a time.
void update_gains(const PoseModel& model, std::span<const float> grey, std::vector<float>& gains) {
  double log_sum = 0;
  for (size_t f = 0; f < gains.size(); ++f) {
    double value_mean = 0, value_value = 0;
    for (uint32_t k = model.by_frame.first[f]; k < model.by_frame.first[f + 1]; ++k) {
      const uint32_t i = model.by_frame.order[k];
      if (grey[i] < 0 || model.grey_of_others[i] < 0) continue;
      value_mean += grey[i] * model.grey_of_others[i];
      value_value += grey[i] * grey[i];
    }
    if (value_mean > 1e-6 && value_value > 1e-6) gains[f] = static_cast<float>(value_mean / value_value);
    log_sum += std::log(gains[f]);
  }
  const auto level = static_cast<float>(std::exp(log_sum / static_cast<double>(gains.size())));
  for (float& gain : gains) gain /= level;
}

// A frame's evidence; the arrays that it points to are kept here.
struct Evidence {
  Evidence(const PoseProblem& problem, const PoseModel& model, size_t f, float gain)
      : pictures(load_pictures(problem, f, model.detail.grey_level)) {
    for (uint32_t k = model.by_frame.first[f]; k < model.by_frame.first[f + 1]; ++k) {
      const uint32_t i = model.by_frame.order[k];
      const size_t point = model.by_frame.point[k];
      positions.push_back(model.samples.positions[point]);
      normals.push_back(model.samples.normals[point]);
      others.push_back(model.grey_of_others[i]);
    }
    view = {pictures.images.depth_m.get(),
            &pictures.grey,
            problem.shipped[f],
            pictures.color_camera,
            pictures.color_from_depth,
            gain,
            positions,
            normals,
            others};
  }
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;

  FramePictures pictures;
  std::vector<glm::vec3> positions, normals;
  std::vector<float> others;
  FrameEvidence view;
};

double median_or(double otherwise, std::vector<double> values) {
  return values.empty() ? otherwise : median(std::move(values));
}

// Median sizes of a frame's residuals; negative where it has none.
AlignmentScale median_sizes(const FrameEvidence& evidence, const Rigid& pose) {
  std::vector<double> depths, greys;
  for (size_t point = 0; point < evidence.positions.size(); ++point) {
    const PointResidual residual = residual_of(evidence, pose, point);
    if (!std::isnan(residual.depth_m)) depths.push_back(std::abs(residual.depth_m) / depth_sigma_m(residual.z_m));
    if (!std::isnan(residual.grey)) greys.push_back(std::abs(residual.grey));
  }
  return {median_or(-1, std::move(depths)), median_or(-1, std::move(greys))};
}

AlignmentScale common_scale(const std::vector<AlignmentScale>& of_frames) {
  std::vector<double> depths, greys;
  for (const AlignmentScale& scale : of_frames) {
    if (scale.depth >= 0) depths.push_back(scale.depth);
    if (scale.grey >= 0) greys.push_back(scale.grey);
  }
  return {std::max(kLeastScale.depth, kNormalFromMedian * median_or(0, std::move(depths))),
          std::max(kLeastScale.grey, kNormalFromMedian * median_or(0, std::move(greys)))};
}

}  // namespace

PoseModel make_model(const PoseProblem& problem, std::span<const Rigid> poses, const std::vector<bool>& in_model,
                     const RoundDetail& detail, std::vector<float>& gains) {
  const std::vector<Camera> cameras = cameras_at(problem, poses);
  std::vector<size_t> model_frames;
  std::vector<Camera> model_cameras;
  for (size_t f = 0; f < problem.frames.size(); ++f) {
    if (!in_model[f]) continue;
    model_frames.push_back(problem.frames[f]);
    model_cameras.push_back(cameras[f]);
  }
  const Mesh surface =
      fused_surface(problem.capture, model_frames, model_cameras, problem.options.voxel_m, problem.job);
  const SampleOptions options{.max_points = points_for(problem.frames.size()),
                              .min_views = kLeastOthers + 1,
                              .depth_tolerance = detail.depth_tolerance};
  PoseModel model{.samples = sample_surface(surface, problem.capture, problem.frames, cameras, options, problem.job)};
  model.by_frame = by_frame(model.samples);
  model.detail = detail;
  const std::vector<float> grey = observed_grey(problem, model);
  model.grey_of_others = means_of_others(model.samples, grey, gains, in_model);
  update_gains(model, grey, gains);
  model.grey_of_others = means_of_others(model.samples, grey, gains, in_model);
  return model;
}

RoundResult lay_frames(const PoseProblem& problem, const PoseModel& model, const std::vector<bool>& move,
                       std::span<const float> gains, const AlignmentScale& scale, std::span<Rigid> poses) {
  const AlignmentPrior prior{problem.options.turn_prior_deg * kDegree, problem.options.shift_prior_m};
  std::vector<AlignmentScale> sizes(problem.frames.size(), {-1, -1});
  RoundResult result{.sigma_turn_rad = std::vector<double>(problem.frames.size(), 0),
                     .sigma_shift_m = std::vector<double>(problem.frames.size(), 0)};
  problem.job.begin_stage("refining poses", problem.frames.size());
  problem.job.pool().parallel_for(problem.frames.size(), 1, [&](size_t f, size_t) {
    if (move[f]) {
      const Evidence evidence(problem, model, f, gains[f]);
      const Alignment alignment = align(evidence.view, poses[f], scale, prior);
      poses[f] = alignment.world_from_depth;
      result.sigma_turn_rad[f] = alignment.sigma_turn_rad;
      result.sigma_shift_m[f] = alignment.sigma_shift_m;
      sizes[f] = median_sizes(evidence.view, poses[f]);
    }
    problem.job.advance();
  });
  result.scale = common_scale(sizes);
  return result;
}

Misfit misfit_of(const PoseProblem& problem, const PoseModel& model, const std::vector<bool>& count,
                 std::span<const float> gains, std::span<const Rigid> poses) {
  struct Sums {
    double depth = 0, depths = 0, grey = 0, greys = 0;
    Sums operator+(const Sums& o) const { return {depth + o.depth, depths + o.depths, grey + o.grey, greys + o.greys}; }
  };
  const Sums sums = sum_in_order(problem.job.pool(), problem.frames.size(), 1, Sums{}, [&](size_t f, size_t) {
    Sums frame;
    if (!count[f]) return frame;
    const Evidence evidence(problem, model, f, gains[f]);
    for (size_t point = 0; point < evidence.positions.size(); ++point) {
      const PointResidual residual = residual_of(evidence.view, poses[f], point);
      if (!std::isnan(residual.depth_m)) {
        const double size = std::min(std::abs(residual.depth_m), kFarDepth_m);
        frame.depth += size * size;
        frame.depths += 1;
      }
      if (!std::isnan(residual.grey)) {
        const double size = std::min(std::abs(residual.grey), kFarGrey);
        frame.grey += size * size;
        frame.greys += 1;
      }
    }
    return frame;
  });
  return {1000 * std::sqrt(sums.depth / std::max(1.0, sums.depths)),
          255 * std::sqrt(sums.grey / std::max(1.0, sums.greys))};
}

void center_corrections(std::span<const Camera> shipped, const std::vector<bool>& move, std::span<Rigid> poses) {
  constexpr int kTurns = 3;  // turns do not commute: the mean of a few degrees settles in two
  const auto count = static_cast<double>(std::count(move.begin(), move.end(), true));
  if (count == 0) return;
  for (int pass = 0; pass < kTurns; ++pass) {
    glm::dvec3 turn(0.0), shift(0.0), middle(0.0);
    for (size_t f = 0; f < poses.size(); ++f) {
      if (!move[f]) continue;
      const PoseStep step = motion_between(shipped[f].world_from_camera, poses[f]);
      turn += glm::dvec3(step[0], step[1], step[2]) / count;
      shift += glm::dvec3(step[3], step[4], step[5]) / count;
      middle += glm::dvec3(poses[f].translation) / count;
    }
    const glm::mat3 back = turn_from_vector(-turn);
    for (size_t f = 0; f < poses.size(); ++f) {
      if (!move[f]) continue;
      const glm::dvec3 arm = glm::dmat3(back) * (glm::dvec3(poses[f].translation) - middle);
      poses[f] = {back * poses[f].rotation, glm::vec3(middle + arm - shift)};
    }
  }
}

}  // namespace diorama
