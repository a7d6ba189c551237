#include "tools/eval/evaluate.h"

#include "capture/rig.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "tools/eval/frame_scorer.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace diorama {
namespace {

constexpr const char* kSplitNames[] = {"test", "train", "", "validation"};

// A step in time this many times a camera's usual one has lost frames in between.
constexpr double kLostFrameSteps = 1.5;

std::vector<size_t> split_frames(const Capture& capture, int split) {
  if (split == 0) return capture.frames_of(Split::kTest);
  if (split == 1) return capture.frames_of(Split::kTrain);
  if (split == 3) return capture.frames_of(Split::kValidation);
  std::vector<size_t> all(capture.frames().size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

bool has_several_cameras(const Capture& capture) {
  const std::vector<Frame>& frames = capture.frames();
  return std::any_of(frames.begin(), frames.end(),
                     [&](const Frame& frame) { return frame.camera != frames.front().camera; });
}

// Those that were taken while the performance lasts.
std::vector<size_t> frames_within(const SplatSequence& sequence, const Capture& capture,
                                  const std::vector<size_t>& frames) {
  std::vector<size_t> within;
  for (const size_t index : frames) {
    const Frame& frame = capture.frames()[index];
    if (!frame.time_s) {
      fail(ErrorCode::kInvalidInput, "{}: frame {} has no time, which a splat video is scored by", capture.name(),
           frame.id);
    }
    if (frame_taken_at(sequence, *frame.time_s)) within.push_back(index);
  }
  if (within.empty()) {
    fail(ErrorCode::kInvalidInput,
         "{}: none of the {} frames to score was taken between {:.3f} and {:.3f} s, as the splat video lasts",
         capture.name(), frames.size(), sequence.times_s.front(), sequence.times_s.back());
  }
  return within;
}

bool same_place(const Camera& a, const Camera& b) {
  return a.size_px == b.size_px && a.focal_px == b.focal_px && a.center_px == b.center_px &&
         a.world_from_camera.rotation == b.world_from_camera.rotation &&
         a.world_from_camera.translation == b.world_from_camera.translation;
}

double median_step(const Capture& capture, const std::vector<size_t>& frames_of_camera) {
  std::vector<double> steps;
  for (size_t i = 1; i < frames_of_camera.size(); ++i) {
    steps.push_back(*capture.frames()[frames_of_camera[i]].time_s - *capture.frames()[frames_of_camera[i - 1]].time_s);
  }
  return steps.empty() ? 0 : median(std::move(steps));
}

// For each frame of the capture the frame that a fixed camera took just before it.
std::map<size_t, size_t> frames_before(const Capture& capture) {
  const std::vector<Frame>& frames = capture.frames();
  std::map<int, std::vector<size_t>> by_camera;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].time_s) by_camera[frames[i].camera].push_back(i);
  }
  std::map<size_t, size_t> before;
  for (auto& [camera, indices] : by_camera) {
    std::stable_sort(indices.begin(), indices.end(),
                     [&](size_t a, size_t b) { return *frames[a].time_s < *frames[b].time_s; });
    const double most_s = kLostFrameSteps * median_step(capture, indices);
    for (size_t i = 1; i < indices.size(); ++i) {
      const Frame &now = frames[indices[i]], &last = frames[indices[i - 1]];
      const double step_s = *now.time_s - *last.time_s;
      if (step_s > 0 && step_s <= most_s && same_place(now.color, last.color)) before[indices[i]] = indices[i - 1];
    }
  }
  return before;
}

// Scores of changes over time, from what was measured frame by frame.
void summarize_changes(const ScoredAsset& scored, const Capture& capture, const std::vector<size_t>& frames,
                       const FlickerMeter& meter, EvalReport& report) {
  std::map<std::string, Flicker> by_name;
  for (const size_t index : frames) {
    const Frame& frame = capture.frames()[index];
    if (const auto flicker = meter.of_camera(frame.camera)) by_name[camera_name(frame)] = *flicker;
  }
  for (CameraSummary& camera : report.cameras) {
    if (const auto found = by_name.find(camera.mean.camera); found != by_name.end()) camera.flicker = found->second;
  }
  if (!by_name.empty()) {
    Flicker& mean = report.flicker.emplace();
    for (const auto& [name, flicker] : by_name) {
      const double share = 1.0 / static_cast<double>(by_name.size());
      mean.render += share * flicker.render;
      mean.truth += share * flicker.truth;
      mean.static_share += share * flicker.static_share;
    }
  }
  if (scored.performance != nullptr) report.motion = splat_motion(*scored.performance);
}

void tell_left_out(const ScoredAsset& scored, const Capture& capture, int split, size_t count, JobContext& job) {
  const size_t all = split_frames(capture, split).size();
  if (count == all) return;
  job.log(LogLevel::kWarning, fmt::format("{}: {} of {} frames were taken when the splat video does not last, and are "
                                          "not scored",
                                          scored.name, all - count, all));
}

}  // namespace

std::optional<RigCalibration> scored_calibration(const Asset& asset, const Capture& capture) {
  if (asset.record && asset.record->calibration_json.find("color_from_depth") != std::string::npos) {
    return rig_calibration_from_json(asset.record->calibration_json);
  }
  return capture.calibration();
}

Camera scored_color_camera(const Asset& asset, const Capture& capture, const Frame& frame) {
  Camera camera = color_camera(frame, scored_calibration(asset, capture));
  if (asset.record) camera.world_from_camera = asset.record->asset_from_capture * camera.world_from_camera;
  return camera;
}

std::string camera_name(const Frame& frame) {
  const size_t slash = frame.id.rfind('/');
  return slash == std::string::npos || slash == 0 ? std::to_string(frame.camera) : frame.id.substr(0, slash);
}

std::vector<size_t> scored_frames(const ScoredAsset& scored, const Capture& capture, int split) {
  std::vector<size_t> frames = split_frames(capture, split);
  if (frames.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: has no {} frames; choose another --split", capture.name(), kSplitNames[split]);
  }
  if (scored.performance != nullptr) frames = frames_within(scored.performance->sequence(), capture, frames);
  const bool timed = std::all_of(frames.begin(), frames.end(),
                                 [&](size_t index) { return capture.frames()[index].time_s.has_value(); });
  if (timed && has_several_cameras(capture)) {
    std::stable_sort(frames.begin(), frames.end(),
                     [&](size_t a, size_t b) { return *capture.frames()[a].time_s < *capture.frames()[b].time_s; });
  }
  return frames;
}

EvalReport evaluate(const ScoredAsset& scored, const Capture& capture, const EvalOptions& options, JobContext& job,
                    const ScoreObserver& observer, const BackendOptions& backend) {
  const std::vector<size_t> frames = scored_frames(scored, capture, options.split);
  tell_left_out(scored, capture, options.split, frames.size(), job);
  const auto log = [&job](LogLevel level, std::string_view line) { job.log(level, line); };
  const std::unique_ptr<AssetView> view =
      with_context(scored.name, [&] { return make_asset_view(scored.asset, backend, job.pool(), log); });
  FrameScorer scorer(scored, capture, *view, options, job.pool());
  EvalReport report{.asset = scored.name};
  const bool named = scored.performance != nullptr || has_several_cameras(capture);
  const std::map<size_t, size_t> before = frames_before(capture);
  std::map<int, size_t> last_of_camera;
  job.begin_stage("scoring", frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i + 1 < frames.size()) capture.prefetch(job.pool(), frames[i + 1], scored_parts(options));
    const Frame& frame = capture.frames()[frames[i]];
    const auto last = last_of_camera.find(frame.camera);
    const auto expected = before.find(frames[i]);
    const bool follows = last != last_of_camera.end() && expected != before.end() && last->second == expected->second;
    report.frames.push_back(scorer.score(frames[i], follows, [&](const ScoredPictures& pictures) {
      if (observer) observer(i, frames.size(), pictures);
    }));
    if (named) report.frames.back().camera = camera_name(frame);
    last_of_camera[frame.camera] = frames[i];
    job.advance();
  }
  summarize_frames(report);
  summarize_changes(scored, capture, frames, scorer.flicker(), report);
  return report;
}

}  // namespace diorama
