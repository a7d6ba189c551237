#include "reconstruction/calibration/poses.h"

#include "capture/rig.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "engine/base/options.h"
#include "reconstruction/calibration/pose_rounds.h"
#include "reconstruction/calibration/training_frames.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr size_t kLeastFrames = 8, kLeastPoints = 500;
constexpr size_t kSetAsideEvery = 8, kSetAsideFirst = 4;  // as test frames are spread, between them
constexpr double kPaysBelow = 0.99, kMayRiseTo = 1.01;    // of the misfit at the shipped poses
constexpr AlignmentScale kFirstScale{4, 0.1};             // before any residual is known
constexpr int kCoarseRounds = 2;
constexpr int kFineWidth_px = 500;                        // wider pictures are halved in the fine rounds
constexpr double kSettled_m = 1e-4, kSettled_rad = 5e-5;  // RMS change of a round; 3 thousandths of a degree

struct Refined {
  std::vector<Rigid> poses;
  std::vector<float> gains;
  std::vector<double> sigma_turn_rad, sigma_shift_m;
  int rounds = 0;
};

RoundDetail detail_of(const PoseProblem& problem, int round) {
  const int fine = problem.color.front().size_px.x > kFineWidth_px ? 1 : 0;
  return round < kCoarseRounds ? RoundDetail{fine + 1, 0.04f} : RoundDetail{fine, 0.02f};
}

RoundDetail finest(const PoseProblem& problem) {
  return detail_of(problem, kCoarseRounds);
}

struct Change {
  double turn_rad = 0, shift_m = 0;
};

// RMS of the motions from one set of poses to another.
template <class From>
Change change_between(std::span<const From> from, std::span<const Rigid> to, const std::vector<bool>& count) {
  double turn = 0, shift = 0, frames = 0;
  for (size_t f = 0; f < to.size(); ++f) {
    if (!count[f]) continue;
    PoseStep step{};
    if constexpr (std::is_same_v<From, Camera>) {
      step = motion_between(from[f].world_from_camera, to[f]);
    } else {
      step = motion_between(from[f], to[f]);
    }
    turn += step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
    shift += step[3] * step[3] + step[4] * step[4] + step[5] * step[5];
    frames += 1;
  }
  return {std::sqrt(turn / std::max(1.0, frames)), std::sqrt(shift / std::max(1.0, frames))};
}

// Rounds of fusing the model's frames and laying them on it. Frames outside the model stay.
void refine(const PoseProblem& problem, const std::vector<bool>& in_model, int first_round, Refined& refined) {
  AlignmentScale scale = kFirstScale;
  for (int round = first_round; round < problem.options.rounds; ++round) {
    const std::vector<Rigid> before = refined.poses;
    const PoseModel model = make_model(problem, refined.poses, in_model, detail_of(problem, round), refined.gains);
    if (model.samples.point_count() < kLeastPoints) {
      fail(ErrorCode::kInvalidInput, "{}: only {} surface points are seen by several frames, refining poses needs {}",
           problem.capture.name(), model.samples.point_count(), kLeastPoints);
    }
    RoundResult result = lay_frames(problem, model, in_model, refined.gains, scale, refined.poses);
    center_corrections(problem.shipped, in_model, refined.poses);
    scale = result.scale;
    refined.sigma_turn_rad = std::move(result.sigma_turn_rad);
    refined.sigma_shift_m = std::move(result.sigma_shift_m);
    ++refined.rounds;
    const Change change = change_between<Rigid>(before, refined.poses, in_model);
    if (round >= kCoarseRounds && change.turn_rad < kSettled_rad && change.shift_m < kSettled_m) break;
  }
}

PoseProblem problem_of(const Capture& capture, const PoseOptions& options, JobContext& job) {
  PoseProblem problem{capture, options, job, still_frames(capture, kLeastFrames, "refining poses"), {}, {}};
  problem.shipped = depth_cameras_of(capture, problem.frames);
  for (const size_t frame : problem.frames) {
    problem.color.push_back(color_camera(capture.frames()[frame], capture.calibration()));
  }
  return problem;
}

// How the frames that are not in the model fit it: at their shipped poses, and laid on it.
struct SetAside {
  Misfit kept, laid;
};

SetAside fit_set_aside(const PoseProblem& problem, const std::vector<bool>& in_model, const Refined& refined) {
  std::vector<float> gains = refined.gains;
  std::vector<Rigid> poses = refined.poses;
  std::vector<bool> set_aside = in_model;
  set_aside.flip();
  const PoseModel model = make_model(problem, poses, in_model, finest(problem), gains);
  SetAside result{.kept = misfit_of(problem, model, set_aside, gains, poses)};
  lay_frames(problem, model, set_aside, gains, kFirstScale, poses);
  result.laid = misfit_of(problem, model, set_aside, gains, poses);
  return result;
}

Misfit whole_misfit(const PoseProblem& problem, const std::vector<bool>& all, const Refined& refined) {
  std::vector<float> gains = refined.gains;
  const PoseModel model = make_model(problem, refined.poses, all, finest(problem), gains);
  return misfit_of(problem, model, all, gains, refined.poses);
}

bool is_better(const Misfit& after, const Misfit& before) {
  const double depth = after.depth_mm / std::max(1e-6, before.depth_mm);
  const double color = after.color_codes / std::max(1e-6, before.color_codes);
  return std::min(depth, color) < kPaysBelow && std::max(depth, color) < kMayRiseTo;
}

}  // namespace

PoseResult refine_poses(const Capture& capture, const PoseOptions& options, JobContext& job) {
  PoseOptions checked = options;
  check_options(option_fields(checked));
  const PoseProblem problem = problem_of(capture, options, job);
  Refined shipped;
  for (const Camera& camera : problem.shipped) shipped.poses.push_back(camera.world_from_camera);
  shipped.gains.assign(problem.frames.size(), 1.0f);
  std::vector<bool> all(problem.frames.size(), true), model = all;
  for (size_t f = kSetAsideFirst; f < model.size(); f += kSetAsideEvery) model[f] = false;

  PoseResult result{.frames = problem.frames};
  const SetAside before = fit_set_aside(problem, model, shipped);
  result.before = whole_misfit(problem, all, shipped);
  Refined refined = shipped;
  refine(problem, model, 0, refined);
  const SetAside after = fit_set_aside(problem, model, refined);
  // The frames that were set aside join; the others are almost there.
  refine(problem, all, std::min(kCoarseRounds - 1, options.rounds - 1), refined);
  result.after = whole_misfit(problem, all, refined);
  result.held_out_before = before.kept;
  result.held_out_after = after.kept;
  result.laid_before = before.laid;
  result.laid_after = after.laid;
  result.truer = is_better(after.laid, before.laid);
  result.pays = is_better(after.kept, before.kept);
  result.rounds = refined.rounds;
  for (size_t f = 0; f < problem.frames.size(); ++f) {
    result.shipped_from_refined.push_back(inverse(problem.shipped[f].world_from_camera) * refined.poses[f]);
  }
  const Change change = change_between<Camera>(problem.shipped, refined.poses, all);
  result.turn_deg = change.turn_rad / kDegree;
  result.shift_mm = 1000 * change.shift_m;
  result.sigma_deg = median(refined.sigma_turn_rad) / kDegree;
  result.sigma_mm = 1000 * median(refined.sigma_shift_m);
  return result;
}

}  // namespace diorama
