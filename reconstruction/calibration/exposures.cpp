#include "reconstruction/calibration/exposures.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "engine/scene/color.h"
#include "reconstruction/calibration/exposure_solver.h"
#include "reconstruction/calibration/observed_colors.h"
#include "reconstruction/calibration/surface_samples.h"
#include "reconstruction/calibration/training_frames.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kLeastFrames = 8, kLeastPoints = 500;
constexpr size_t kSetAsideEvery = 8, kSetAsideFirst = 4;  // as test frames are spread, between them
constexpr double kPaysBelow = 0.99;                       // of the deviation without gains
constexpr double kLargestDeviation = 0.25;                // sRGB; farther off is another surface, a highlight, a person

// What one frame's colour is at the scene's exposure.
glm::vec3 at_scene_exposure(glm::vec3 color, glm::vec3 gain) {
  return srgb_from_linear(gain * linear_from_srgb(color));
}

struct Deviation {
  double square = 0, count = 0;
  void add(glm::vec3 difference) {
    const double d2 = glm::dot(difference, difference) / 3;
    square += std::min(d2, kLargestDeviation * kLargestDeviation);
    count += 1;
  }
  double codes() const { return count > 0 ? 255 * std::sqrt(square / count) : 0; }
};

// `inside`: of the model's own frames from their mean; `outside`: of the others, as recorded, from that mean.
struct Deviations {
  Deviation inside, outside;
};

Deviations deviations(const SurfaceSamples& samples, const std::vector<glm::vec3>& colors,
                      const std::vector<bool>& in_model, const std::vector<glm::vec3>& gain) {
  Deviations result;
  std::vector<glm::vec3> exposed;
  for (size_t point = 0; point < samples.point_count(); ++point) {
    exposed.clear();
    glm::vec3 sum(0.0f);
    for (uint32_t i = samples.first[point]; i < samples.first[point + 1]; ++i) {
      const uint32_t f = samples.observations[i].frame;
      if (!in_model[f] || !was_observed(colors[i])) continue;
      exposed.push_back(at_scene_exposure(colors[i], gain[f]));
      sum += exposed.back();
    }
    if (exposed.size() < 2) continue;
    const glm::vec3 mean = sum / static_cast<float>(exposed.size());
    for (const glm::vec3 color : exposed) result.inside.add(color - mean);
    for (uint32_t i = samples.first[point]; i < samples.first[point + 1]; ++i) {
      if (!in_model[samples.observations[i].frame] && was_observed(colors[i])) result.outside.add(colors[i] - mean);
    }
  }
  return result;
}

}  // namespace

ExposureResult refine_exposures(const Capture& capture, const ExposureOptions& options, JobContext& job) {
  const std::vector<size_t> frames = still_frames(capture, kLeastFrames, "refining exposures");
  const std::vector<Camera> cameras = depth_cameras_of(capture, frames);
  const Mesh surface = fused_surface(capture, frames, cameras, options.voxel_m, job);
  const SurfaceSamples samples =
      sample_surface(surface, capture, frames, cameras, {.max_points = points_for(frames.size())}, job);
  if (samples.point_count() < kLeastPoints) {
    fail(ErrorCode::kInvalidInput, "{}: only {} surface points are seen by several frames, refining exposures needs {}",
         capture.name(), samples.point_count(), kLeastPoints);
  }
  const std::vector<glm::vec3> colors = observed_colors(capture, samples, job);

  job.begin_stage("refining exposures", 2);
  std::vector<bool> all(frames.size(), true), model = all;
  for (size_t f = kSetAsideFirst; f < model.size(); f += kSetAsideEvery) model[f] = false;
  const std::vector<glm::vec3> none(frames.size(), glm::vec3(1.0f));
  const ExposureSolution without = solve_exposures(samples, colors, model, job.pool());
  job.advance();
  const ExposureSolution solution = solve_exposures(samples, colors, all, job.pool());
  job.advance();

  ExposureResult result{.frames = frames, .gain = solution.gain};
  result.points = samples.point_count();
  result.observations = samples.observations.size();
  result.residual_before = deviations(samples, colors, all, none).inside.codes();
  result.residual_after = deviations(samples, colors, all, solution.gain).inside.codes();
  result.held_out_before = deviations(samples, colors, model, none).outside.codes();
  result.held_out_after = deviations(samples, colors, model, without.gain).outside.codes();
  result.pays = result.held_out_after < kPaysBelow * result.held_out_before;
  double square = 0;
  std::vector<double> sigmas;
  for (size_t f = 0; f < frames.size(); ++f) {
    const glm::dvec3 log_gain = glm::log(glm::dvec3(solution.gain[f]));
    square += glm::dot(log_gain, log_gain) / 3;
    if (solution.solved[f]) sigmas.push_back(solution.sigma[f]);
  }
  result.spread = std::sqrt(square / static_cast<double>(frames.size()));
  result.sigma = sigmas.empty() ? 0 : median(std::move(sigmas));
  return result;
}

}  // namespace diorama
