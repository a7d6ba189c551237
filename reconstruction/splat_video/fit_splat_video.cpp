#include "reconstruction/splat_video/fit_splat_video.h"

#include "assets/splat_sequence.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "reconstruction/provenance/asset_record.h"
#include "reconstruction/splat_video/file_lock.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace diorama {
namespace {

constexpr const char* kStillLock = "still.lock";

// FNV-1a.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

struct Range {
  size_t first = 0, end = 0;  // moments
};

Range range_of(const Capture& capture, const Moments& moments, const SplatVideoOptions& options) {
  const auto first = static_cast<size_t>(options.first_frame), count = moments.list.size();
  if (first >= count) {
    fail(ErrorCode::kInvalidInput, "{}: --first-frame {} lies behind its {} instants; the last is {}", capture.name(),
         first, count, count - 1);
  }
  const auto wanted = static_cast<size_t>(options.frame_count);
  if (wanted > count - first) {
    fail(ErrorCode::kInvalidInput, "{}: --frame-count {} from {} on goes beyond its {} instants; at most {} are left",
         capture.name(), wanted, first, count, count - first);
  }
  return {first, wanted == 0 ? count : first + wanted};
}

void require_depth(const Capture& capture, const Moments& moments) {
  for (const Moment& moment : moments.list) {
    for (const size_t frame : moment.frames) {
      if (capture.frames()[frame].depth) return;
    }
  }
  fail(ErrorCode::kInvalidInput, "{}: no training frame has depth; a splat video starts from depth", capture.name());
}

// What the groups depend on; not on the range, so that a longer one may go on.
uint64_t fit_key(const Capture& capture, const Moments& moments, SplatVideoOptions options) {
  options.first_frame = options.frame_count = 0;
  std::vector<size_t> frames;
  for (const Moment& moment : moments.list) frames.insert(frames.end(), moment.frames.begin(), moment.frames.end());
  return hash_of(fit_identity(capture, frames, options_to_json(option_fields(options))));
}

// The first moment after `first` where a group has to end.
size_t segment_end(size_t first, size_t segment, size_t end) {
  return segment == 0 ? end : std::min(end, (first / segment + 1) * segment);
}

class VideoFit {
 public:
  VideoFit(const Capture& capture, const SplatVideoOptions& options, std::filesystem::path glb, JobContext& job,
           const SplatVideoRun& run)
      : capture_(capture),
        options_(options),
        glb_(std::move(glb)),
        folder_(splat_groups_folder(glb_)),
        job_(job),
        run_(run),
        moments_(training_moments(capture)) {}

  SplatVideoStats fit() {
    for (const std::string& warning : moments_.warnings) job_.log(LogLevel::kWarning, warning);
    require_depth(capture_, moments_);
    range_ = range_of(capture_, moments_, options_);
    key_ = fit_key(capture_, moments_, options_);
    take_stock();
    const RigExposure exposure = find_exposure();
    const StaticScene still = find_still(exposure);
    GroupFitter fitter(capture_, moments_, options_, still, exposure, job_);
    job_.begin_stage("frames", range_.end - range_.first);
    for (size_t first = range_.first; first < range_.end;) {
      const size_t end = segment_end(first, static_cast<size_t>(options_.segment_frames), range_.end);
      if (is_mine(first)) {
        first = one_group(fitter, first, end);
      } else {
        job_.advance(end - first);
        first = end;
      }
    }
    if (run_.parts == 1) finish();
    return std::move(stats_);
  }

 private:
  // Groups of an earlier run: gone on from, or removed.
  void take_stock() {
    if (!job_.resume && run_.parts == 1) remove_splat_groups(folder_);
    there_ = find_splat_groups(folder_);
    for (const SplatGroupHead& head : there_) {
      if (head.fit_key == key_) continue;
      fail(ErrorCode::kInvalidInput,
           "{}: the group from frame {} on belongs to another capture or other options: start anew without --resume",
           folder_.string(), head.first_frame);
    }
  }

  RigExposure find_exposure() {
    if (!options_.exposure) return {};
    const RigExposure exposure = find_rig_exposure(capture_, moments_, options_.scale, options_.voxel_m, job_);
    for (const auto& [camera, own] : exposure) {
      job_.log(LogLevel::kInfo,
               fmt::format("camera {}: gain {:.3f} {:.3f} {:.3f}, bias {:.3f} {:.3f} {:.3f} against "
                           "the rig's mean are taken out",
                           camera, own.gain.r, own.gain.g, own.gain.b, own.bias.r, own.bias.g, own.bias.b));
    }
    return exposure;
  }

  StaticScene find_still(const RigExposure& exposure) {
    StaticScene still = find_still_pictures(capture_, moments_, options_.scale, exposure, job_);
    // Of several parts the first fits the splats; the others wait for them.
    std::optional<FileLock> lock;
    if (run_.parts > 1 && !still.empty()) lock.emplace(folder_ / kStillLock, job_);
    const auto there = find_splat_background(folder_, key_);
    if (there) {
      still.splats = *there;
    } else {
      if (!still.empty()) still.splats = fit_still_splats(capture_, still, options_, job_);
      set_splat_background(folder_, still.splats, key_);
    }
    stats_.still_splats = still.splats.size();
    return still;
  }

  bool is_mine(size_t first) const {
    if (run_.parts == 1) return true;
    const auto segment = static_cast<size_t>(options_.segment_frames);
    return (first / segment) % static_cast<size_t>(run_.parts) == static_cast<size_t>(run_.part);
  }

  // Fits the group at `first`, or takes the one that is there; returns where the next starts.
  size_t one_group(GroupFitter& fitter, size_t first, size_t end) {
    ++stats_.groups;
    const auto found = std::ranges::find(there_, first, &SplatGroupHead::first_frame);
    if (found != there_.end() && first + found->frame_count() <= range_.end) {
      ++stats_.groups_kept;
      job_.advance(found->frame_count());
      stats_.most_splats = std::max<size_t>(stats_.most_splats, found->splat_count);
      return first + found->frame_count();
    }
    const size_t most = std::min(end - first, static_cast<size_t>(options_.group_frames));
    const FittedGroup fitted = fitter.fit(first, most);
    std::vector<double> times_s;
    for (size_t i = 0; i < fitted.group.frames.size(); ++i) times_s.push_back(moments_.list[first + i].time_s);
    add_splat_group(folder_, fitted.group, times_s, key_);
    stats_.frames.insert(stats_.frames.end(), fitted.frames.begin(), fitted.frames.end());
    stats_.most_splats = std::max(stats_.most_splats, fitted.group.splat_count());
    return first + fitted.group.frames.size();
  }

  void finish() {
    SplatVideoOptions options = options_;
    std::error_code not_there;
    std::filesystem::remove(folder_ / kStillLock, not_there);
    finish_splat_sequence(glb_, asset_record(capture_, "splat-video", options_to_json(option_fields(options))));
    stats_.finished = true;
    stats_.moments = range_.end - range_.first;
    std::set<int> cameras;
    for (const Moment& moment : moments_.list) {
      for (const size_t frame : moment.frames) cameras.insert(capture_.frames()[frame].camera);
    }
    stats_.cameras = cameras.size();
  }

  const Capture& capture_;
  const SplatVideoOptions& options_;
  std::filesystem::path glb_, folder_;
  JobContext& job_;
  SplatVideoRun run_;
  Moments moments_;
  Range range_;
  uint64_t key_ = 0;
  std::vector<SplatGroupHead> there_;
  SplatVideoStats stats_;
};

}  // namespace

SplatVideoStats fit_splat_video(const Capture& capture, const SplatVideoOptions& given,
                                const std::filesystem::path& glb, JobContext& job, const SplatVideoRun& run) {
  SplatVideoOptions options = given;
  check_options(option_fields(options));
  if (run.parts > 1 && options.segment_frames == 0) {
    fail(ErrorCode::kInvalidInput, "--part needs --segment-frames: parts are made of segments; give the same to all");
  }
  return VideoFit(capture, options, glb, job, run).fit();
}

std::string to_json(const SplatVideoStats& stats) {
  nlohmann::ordered_json frames = nlohmann::ordered_json::array();
  for (const VideoFrameStats& f : stats.frames) {
    frames.push_back({{"frame", f.frame},
                      {"key", f.is_key},
                      {"splats", f.splats},
                      {"motion_psnr", f.motion_psnr},
                      {"psnr", f.psnr},
                      {"uncovered", f.uncovered},
                      {"residual_m", f.residual_m},
                      {"load_s", f.load_s},
                      {"motion_s", f.motion_s},
                      {"train_s", f.train_s}});
  }
  const nlohmann::ordered_json json = {{"moments", stats.moments},         {"cameras", stats.cameras},
                                       {"groups", stats.groups},           {"groups_kept", stats.groups_kept},
                                       {"most_splats", stats.most_splats}, {"still_splats", stats.still_splats},
                                       {"frames", std::move(frames)}};
  return json.dump(1) + "\n";
}

}  // namespace diorama
