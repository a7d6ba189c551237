#include "engine/scene/splat_sequence.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr double kSingleFrameStepS = 2e-3;

// A group after frames up to `next`, which is the capture's number of the frame that must come.
void check_follows(const SplatGroupInfo& group, size_t next, const SplatGroupInfo& before) {
  if (group.first_frame > next) {
    fail(ErrorCode::kInvalidInput, "frames {} to {} are missing between {} and {}; fit them, then finish again", next,
         group.first_frame - 1, before.file, group.file);
  }
  if (group.first_frame < next) {
    fail(ErrorCode::kInvalidInput, "frame {} is in {} and in {}; remove the one that is out of date", group.first_frame,
         before.file, group.file);
  }
}

void check_times(const std::vector<double>& times_s) {
  for (size_t i = 0; i < times_s.size(); ++i) {
    if (!std::isfinite(times_s[i])) {
      fail(ErrorCode::kInvalidInput, "the time of frame {} is not a finite number", i);
    }
    if (i > 0 && !(times_s[i] > times_s[i - 1])) {
      fail(ErrorCode::kInvalidInput, "frame {} has the time {} s, which does not follow {} s of the frame before", i,
           times_s[i], times_s[i - 1]);
    }
  }
}

}  // namespace

void check_splat_group(const SplatGroup& group) {
  if (group.frames.empty()) fail(ErrorCode::kInvalidInput, "the group of splats has no frames");
  for (size_t k = 0; k < group.frames.size(); ++k) {
    const SplatCloud& cloud = group.frames[k];
    with_context(fmt::format("frame {}", group.first_frame + k), [&] {
      if (cloud.size() != group.splat_count() || cloud.sh_degree != group.sh_degree()) {
        fail(ErrorCode::kInvalidInput, "has {} splats of SH degree {}, the group starts with {} of SH degree {}",
             cloud.size(), cloud.sh_degree, group.splat_count(), group.sh_degree());
      }
      check_splat_cloud(cloud);
    });
  }
}

Bounds bounds_of(const SplatGroup& group) {
  Bounds bounds;
  for (const SplatCloud& cloud : group.frames) {
    for (const glm::vec3& position : cloud.positions) bounds.extend(position);
  }
  return bounds;
}

size_t SplatSequence::group_of(size_t frame) const {
  DIO_CHECK(frame < frame_count() && !groups.empty());
  const size_t wanted = groups.front().first_frame + frame;
  const auto after = std::upper_bound(groups.begin(), groups.end(), wanted,
                                      [](size_t f, const SplatGroupInfo& group) { return f < group.first_frame; });
  return static_cast<size_t>(after - groups.begin()) - 1;
}

void check_splat_sequence(const SplatSequence& sequence) {
  if (sequence.groups.empty()) fail(ErrorCode::kInvalidInput, "the performance has no groups of splats");
  size_t next = sequence.groups.front().first_frame;
  for (size_t g = 0; g < sequence.groups.size(); ++g) {
    const SplatGroupInfo& group = sequence.groups[g];
    if (group.frame_count == 0) fail(ErrorCode::kInvalidInput, "{} has no frames", group.file);
    if (g > 0) check_follows(group, next, sequence.groups[g - 1]);
    next += group.frame_count;
  }
  const size_t frames = next - sequence.groups.front().first_frame;
  if (sequence.times_s.size() != frames) {
    fail(ErrorCode::kInvalidInput, "the performance has {} times for {} frames", sequence.times_s.size(), frames);
  }
  check_times(sequence.times_s);
  with_context("background", [&] { check_splat_cloud(sequence.background); });
}

size_t nearest_frame(const SplatSequence& sequence, double time_s) {
  const std::vector<double>& times = sequence.times_s;
  DIO_CHECK(!times.empty());
  const auto after = std::lower_bound(times.begin(), times.end(), time_s);
  if (after == times.begin()) return 0;
  const auto index = static_cast<size_t>(after - times.begin());
  if (after == times.end()) return index - 1;
  return *after - time_s < time_s - times[index - 1] ? index : index - 1;
}

std::optional<size_t> frame_taken_at(const SplatSequence& sequence, double time_s) {
  const std::vector<double>& times = sequence.times_s;
  const size_t frame = nearest_frame(sequence, time_s);
  double step = kSingleFrameStepS;
  if (times.size() > 1) {
    const bool later = frame == 0 || (time_s > times[frame] && frame + 1 < times.size());
    step = later ? times[frame + 1] - times[frame] : times[frame] - times[frame - 1];
  }
  if (!(std::abs(times[frame] - time_s) <= step / 2)) return std::nullopt;
  return frame;
}

}  // namespace diorama
