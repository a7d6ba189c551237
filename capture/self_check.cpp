#include "capture/self_check.h"

#include "capture/depth_agreement.h"
#include "engine/base/error.h"
#include "engine/base/options.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr double kClearlyBetter = 0.15;  // more of the points agree than as declared
constexpr double kEachChange = 0.05;     // the simpler of two explanations wins unless the other is better by this
constexpr size_t kEnoughPoints = 300;    // compared, for a verdict
constexpr double kErrorRatio = 0.5;      // an explanation's median error against the declared one's

struct Result {
  PoseHypothesis hypothesis;
  DepthAgreement agreement;
  int changes() const {
    return (hypothesis.invert ? 1 : 0) + (hypothesis.flip_axes ? 1 : 0) + (hypothesis.depth_scale != 1 ? 1 : 0);
  }
  bool measured() const { return agreement.seen >= kEnoughPoints; }
  bool passes() const {
    return measured() && agreement.agreement() >= kMinAgreement && agreement.median_relative_error <= kMaxMedianError;
  }
  double merit() const { return agreement.support() - kEachChange * changes(); }
};

// The declared conventions first.
std::vector<Result> hypotheses() {
  constexpr std::array<double, 9> kScales{1, 5, 0.2, 10, 0.1, 100, 0.01, 1000, 0.001};
  std::vector<Result> all;
  for (const double scale : kScales) {
    for (const bool invert : {false, true}) {
      for (const bool flip : {false, true}) all.push_back({{invert, flip, scale}, {}});
    }
  }
  return all;
}

// What is wrong, in the words of the conventions that the reader declared. An inversion turns the axes with it: the
// inverse of a pose with axes OpenGL, of which the reader made OpenCV ones, is that of an OpenGL matrix only after
// another flip.
struct Wrong {
  bool axes = false, matrix = false;
};

Wrong wrong_of(const PoseHypothesis& hypothesis, const CaptureConventions& conventions) {
  const bool stored_as_taken = conventions.camera_axes == "OpenCV";
  return {hypothesis.invert ? hypothesis.flip_axes == stored_as_taken : hypothesis.flip_axes, hypothesis.invert};
}

std::string axes_sentence(const CaptureConventions& conventions) {
  if (conventions.camera_axes == "OpenCV") {
    return "the camera axes look like OpenGL (+x right, +y up, looking along -z), not OpenCV";
  }
  if (conventions.camera_axes == "OpenGL") {
    return "the camera axes look like OpenCV (+x right, +y down, looking along +z), not OpenGL";
  }
  return fmt::format("the cameras' y and z axes point the other way than '{}' says", conventions.camera_axes);
}

std::string matrix_sentence(const CaptureConventions& conventions) {
  if (conventions.matrix == "camera_from_world") {
    return "the poses look like world_from_camera, not camera_from_world";
  }
  return "the poses look like camera_from_world, not world_from_camera";
}

std::string scale_sentence(double scale, const CaptureConventions& conventions) {
  const std::string unit =
      conventions.depth_unit.empty() ? "" : fmt::format(" (taken as {} a count)", conventions.depth_unit);
  const bool small = scale > 1;
  return fmt::format(
      "depth{} looks {:g} times too {} for the poses, so the depth unit or the unit of the poses is wrong", unit,
      small ? scale : std::round(1 / scale), small ? "small" : "large");
}

std::string explanation(const PoseHypothesis& hypothesis, const CaptureConventions& conventions) {
  std::vector<std::string> sentences;
  const Wrong wrong = wrong_of(hypothesis, conventions);
  if (wrong.axes) sentences.push_back(axes_sentence(conventions));
  if (wrong.matrix) sentences.push_back(matrix_sentence(conventions));
  if (hypothesis.depth_scale != 1) sentences.push_back(scale_sentence(hypothesis.depth_scale, conventions));
  return fmt::format("{}", fmt::join(sentences, ", and "));
}

std::string assumption_of(const PoseHypothesis& hypothesis, const CaptureConventions& conventions) {
  std::vector<std::string> names;
  const Wrong wrong = wrong_of(hypothesis, conventions);
  if (wrong.axes) names.emplace_back("camera axes");
  if (wrong.matrix) names.emplace_back("matrix direction");
  if (hypothesis.depth_scale != 1) names.emplace_back("depth unit");
  return fmt::format("{}", fmt::join(names, ", "));
}

// The hypothesis that explains the data where the declared conventions do not, or do so clearly worse.
const Result* best_explanation(std::span<const Result> results) {
  const Result& declared = results.front();
  const Result* best = nullptr;
  for (const Result& result : results.subspan(1)) {
    if (!result.passes()) continue;
    if (best == nullptr || result.merit() > best->merit()) best = &result;
  }
  if (best == nullptr || !declared.measured()) return best;
  const bool better = best->merit() >= declared.merit() + kClearlyBetter &&
                      best->agreement.median_relative_error <= kErrorRatio * declared.agreement.median_relative_error;
  return better ? best : nullptr;
}

std::string describe(const DepthAgreement& agreement, bool metric) {
  const std::string error = metric ? fmt::format("{:.1f} mm", 1000 * agreement.median_error_m)
                                   : fmt::format("{:.4g} units", agreement.median_error_m);
  return fmt::format("{:.0f} % of the points agree, median error {}", 100 * agreement.agreement(), error);
}

SelfCheck unknown(SelfCheck check, std::string cause) {
  check.verdict = CheckVerdict::kUnknown;
  check.cause = std::move(cause);
  return check;
}

SelfCheck judge(std::span<const Result> results, const CaptureConventions& conventions, SelfCheck check) {
  const Result& declared = results.front();
  const DepthAgreement& as_declared = declared.agreement;
  check.pairs = as_declared.pairs;
  if (as_declared.seen > 0) {
    check.median_error_m = as_declared.median_error_m;
    check.agreement = as_declared.agreement();
    check.hidden = static_cast<double>(as_declared.occluded) / static_cast<double>(as_declared.seen);
  }
  const std::string found = declared.measured() ? "as declared, " + describe(as_declared, conventions.metric)
                                                : std::string("as declared, no two frames see the same");
  if (const Result* best = best_explanation(results)) {
    check.verdict = CheckVerdict::kSuspicious;
    check.assumption = assumption_of(best->hypothesis, conventions);
    check.cause = fmt::format("{}: {}; with that changed, {}", explanation(best->hypothesis, conventions), found,
                              describe(best->agreement, conventions.metric));
    check.explained_median_error_m = best->agreement.median_error_m;
    check.explained_agreement = best->agreement.agreement();
    return check;
  }
  if (!declared.measured()) {
    return unknown(std::move(check), "no two frames see the same surface from places that differ");
  }
  check.verdict = declared.passes() ? CheckVerdict::kOk : CheckVerdict::kSuspicious;
  if (!declared.passes()) {
    check.cause = fmt::format(
        "depth does not agree between frames and no single convention explains it (poses, intrinsics or depth are off, "
        "or the scene moves): {}, expected {:.0f} % and at most {:.1f} % of depth",
        found, 100 * kMinAgreement, 100 * kMaxMedianError);
  }
  return check;
}

}  // namespace

const char* verdict_name(CheckVerdict verdict) {
  if (verdict == CheckVerdict::kOk) return "ok";
  return verdict == CheckVerdict::kSuspicious ? "suspicious" : "unknown";
}

SelfCheck check_depth_views(const Capture& capture, std::span<const DepthView> views, const InspectOptions& options,
                            JobContext& job) {
  SelfCheck check;
  check.frames = views.size();
  if (views.empty()) return unknown(std::move(check), "the capture has no depth to compare");
  if (views.size() == 1) return unknown(std::move(check), "only one frame has depth");
  const PairLimits limits{static_cast<size_t>(options.pairs), is_rig(capture.frames())};
  std::vector<Result> results = hypotheses();
  job.begin_stage("self-check", results.size());
  job.pool().parallel_for(results.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const auto pairs = choose_pairs(views, results[i].hypothesis, limits);
      results[i].agreement = measure_agreement(views, pairs, results[i].hypothesis);
      job.advance();
    }
  });
  return judge(results, capture.conventions(), std::move(check));
}

SelfCheck check_capture(const Capture& capture, const InspectOptions& options, JobContext& job) {
  InspectOptions checked = options;
  check_options(option_fields(checked));
  const std::vector<size_t> frames = choose_depth_frames(capture.frames(), static_cast<size_t>(options.frames));
  return check_depth_views(capture, load_depth_views(capture, frames, job), options, job);
}

void require_sound(const Capture& capture, const SelfCheck& check) {
  if (check.verdict != CheckVerdict::kSuspicious || check.assumption.empty()) return;
  fail(ErrorCode::kInvalidInput, "capture {}: {}; correct the capture's {}", capture.name(), check.cause,
       check.assumption);
}

}  // namespace diorama
