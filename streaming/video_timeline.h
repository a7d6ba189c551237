#pragma once

#include "streaming/splat_video.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace diorama {

// Frames and groups of a video numbered on through its repetitions: number n is frame n % frames of repetition
// n / frames, and so with groups.
class VideoTimeline {
 public:
  explicit VideoTimeline(const SplatVideo& video) : frames_per_s_(video.frames_per_s) {
    for (const GroupParameters& group : video.groups) {
      first_frames_.push_back(frames_);
      frames_ += group.frame_count;
    }
  }

  uint64_t frames() const { return frames_; }
  uint64_t groups() const { return first_frames_.size(); }
  double seconds_at(uint64_t number) const { return static_cast<double>(number) / frames_per_s_; }

  // The frame that is due at a time; times just short of one by rounding count as its own.
  uint64_t number_at(double seconds) const {
    constexpr double kRounding = 1e-6;  // frames
    return static_cast<uint64_t>(std::max(0.0, std::floor(seconds * frames_per_s_ + kRounding)));
  }

  size_t frame_of(uint64_t number) const { return static_cast<size_t>(number % frames_); }
  uint64_t lap_of(uint64_t number) const { return number / frames_; }
  uint64_t end_of_lap(uint64_t number) const { return (lap_of(number) + 1) * frames_; }

  // Groups by their number through repetitions.
  uint64_t group_at(uint64_t number) const {
    const auto after = std::upper_bound(first_frames_.begin(), first_frames_.end(), number % frames_);
    return lap_of(number) * groups() + static_cast<uint64_t>(after - first_frames_.begin()) - 1;
  }
  size_t group_of(uint64_t group_number) const { return static_cast<size_t>(group_number % groups()); }
  uint64_t first_of(uint64_t group_number) const {
    return group_number / groups() * frames_ + first_frames_[group_of(group_number)];
  }

 private:
  double frames_per_s_;
  uint64_t frames_ = 0;
  std::vector<uint64_t> first_frames_;
};

}  // namespace diorama
