#include "tools/eval/scores.h"

#include <algorithm>
#include <map>

namespace diorama {
namespace {

// A mean of the values that are there.
class OptionalMean {
 public:
  void add(const std::optional<double>& value) {
    if (!value) return;
    sum_ += *value;
    ++count_;
  }
  std::optional<double> value() const {
    return count_ > 0 ? std::optional(sum_ / static_cast<double>(count_)) : std::nullopt;
  }

 private:
  double sum_ = 0;
  size_t count_ = 0;
};

void add_aligned(const std::optional<AlignedScore>& aligned, FrameScore& sum) {
  if (!aligned) return;
  if (!sum.aligned) sum.aligned.emplace();
  sum.aligned->psnr += aligned->psnr;
  sum.aligned->ssim += aligned->ssim;
  sum.aligned->flip += aligned->flip;
}

// The frames of each key, keys in the order of their first frame.
template <class Key, class KeyOf>
std::vector<std::vector<FrameScore>> grouped(const std::vector<FrameScore>& frames, KeyOf&& key_of) {
  std::vector<std::vector<FrameScore>> groups;
  std::map<Key, size_t> place;
  for (const FrameScore& frame : frames) {
    const auto [found, is_new] = place.try_emplace(key_of(frame), groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(frame);
  }
  return groups;
}

}  // namespace

FrameScore mean_of_frames(std::span<const FrameScore> frames) {
  FrameScore mean{.id = "mean"};
  OptionalMean depth, mask, moving;
  for (const FrameScore& frame : frames) {
    mean.psnr += frame.psnr;
    mean.ssim += frame.ssim;
    mean.flip += frame.flip;
    mean.coverage += frame.coverage;
    add_aligned(frame.aligned, mean);
    depth.add(frame.depth_mae_m);
    mask.add(frame.psnr_mask);
    moving.add(frame.psnr_moving);
  }
  const auto count = static_cast<double>(frames.size());
  for (double* value : {&mean.psnr, &mean.ssim, &mean.flip, &mean.coverage}) *value /= count;
  if (mean.aligned) {
    for (double* value : {&mean.aligned->psnr, &mean.aligned->ssim, &mean.aligned->flip}) *value /= count;
  }
  mean.depth_mae_m = depth.value();
  mean.psnr_mask = mask.value();
  mean.psnr_moving = moving.value();
  return mean;
}

void summarize_frames(EvalReport& report) {
  report.mean = mean_of_frames(report.frames);
  const bool named = std::any_of(report.frames.begin(), report.frames.end(),
                                 [](const FrameScore& frame) { return !frame.camera.empty(); });
  if (!named) return;
  const auto camera_of = [](const FrameScore& frame) { return frame.camera; };
  for (const std::vector<FrameScore>& frames : grouped<std::string>(report.frames, camera_of)) {
    report.cameras.push_back({frames.size(), mean_of_frames(frames), {}});
    report.cameras.back().mean.camera = frames.front().camera;
  }
  std::vector<FrameScore> timed;
  std::copy_if(report.frames.begin(), report.frames.end(), std::back_inserter(timed),
               [](const FrameScore& frame) { return frame.time_s.has_value(); });
  for (const std::vector<FrameScore>& frames : grouped<double>(timed, [](const FrameScore& f) { return *f.time_s; })) {
    report.times.push_back({frames.size(), mean_of_frames(frames)});
    report.times.back().mean.time_s = frames.front().time_s;
  }
  std::sort(report.times.begin(), report.times.end(),
            [](const TimeSummary& a, const TimeSummary& b) { return *a.mean.time_s < *b.mean.time_s; });
  if (report.times.size() == timed.size()) report.times.clear();  // would repeat the frames
}

}  // namespace diorama
