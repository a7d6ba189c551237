#pragma once

#include "capture/capture.h"
#include "capture/depth_views.h"
#include "engine/base/job.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace diorama {

struct InspectOptions {
  int frames = 60;  // whose depth is decoded
  int pairs = 40;   // of these, carried into each other
  template <class Visitor>
  void visit(Visitor&& option) {
    option("check-frames", frames, {4, 100000}, "frames whose depth is looked at");
    option("check-pairs", pairs, {1, 100000}, "pairs of frames whose depth is compared");
  }
};

enum class CheckVerdict {
  kOk,          // depth agrees between frames
  kSuspicious,  // it does not; `cause` says why
  kUnknown,     // no depth, or no two frames that see the same from different places; `cause` says which
};
const char* verdict_name(CheckVerdict verdict);  // "ok", "suspicious", "unknown"

// Depth of a frame carried into another by the poses and compared with what was measured there.
struct SelfCheck {
  CheckVerdict verdict = CheckVerdict::kUnknown;
  std::string cause;       // one sentence; empty for kOk
  std::string assumption;  // the assumption that must change to explain the data; empty where none does

  size_t frames = 0, pairs = 0;          // that were looked at
  std::optional<double> median_error_m;  // absolute, points hidden from the other frame left out
  std::optional<double> agreement;       // share of the points within 2 % of depth, hidden ones left out
  std::optional<double> hidden;          // share of the points behind what the other frame sees
  std::optional<double> explained_median_error_m, explained_agreement;  // under the changed assumption
};

// Bounds of the verdict kOk: at least this share agrees, and the median error is at most this share of depth.
inline constexpr double kMinAgreement = 0.5, kMaxMedianError = 0.015;

// Compares depth between frames and, where another axis convention, matrix direction or unit would fit clearly better,
// names it. Decodes depth only; the same result for any thread count. Error as Capture::load, kInvalidInput (options).
SelfCheck check_capture(const Capture& capture, const InspectOptions& options, JobContext& job);

// The same on depth that is decoded already.
SelfCheck check_depth_views(const Capture& capture, std::span<const DepthView> views, const InspectOptions& options,
                            JobContext& job);

// Error kInvalidInput where the check found a wrong assumption and which: what reconstruction cannot live with. Other
// doubts (`assumption` is empty) pass.
void require_sound(const Capture& capture, const SelfCheck& check);

}  // namespace diorama
