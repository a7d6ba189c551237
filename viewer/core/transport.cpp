#include "viewer/core/transport.h"

#include <algorithm>
#include <cmath>

namespace diorama {

void Transport::set_times(std::vector<double> times_s) {
  times_s_ = std::move(times_s);
  time_s_ = duration_s_ = 0;
  playing_ = times_s_.size() > 1;
  if (times_s_.empty()) return;
  const double first = times_s_.front();
  for (double& time : times_s_) time -= first;
  const auto count = static_cast<double>(times_s_.size());
  duration_s_ = times_s_.size() > 1 ? times_s_.back() * count / (count - 1) : 0;
}

void Transport::advance(double dt_s) {
  if (!playing_) return;
  time_s_ += rate_ * dt_s;
  if (time_s_ < duration_s_) return;
  if (looping_ && duration_s_ > 0) {
    time_s_ = std::fmod(time_s_, duration_s_);
  } else {
    time_s_ = times_s_.empty() ? 0 : times_s_.back();
    playing_ = false;
  }
}

void Transport::set_playing(bool playing) {
  playing_ = playing && times_s_.size() > 1;
  if (playing_ && !looping_ && frame() + 1 == times_s_.size()) time_s_ = 0;
}

void Transport::step(int frames) {
  if (times_s_.empty()) return;
  playing_ = false;
  const auto count = static_cast<int>(times_s_.size());
  const int at = ((static_cast<int>(frame()) + frames) % count + count) % count;
  time_s_ = times_s_[static_cast<size_t>(at)];
}

void Transport::seek(double time_s) {
  time_s_ = times_s_.empty() ? 0 : std::clamp(time_s, 0.0, times_s_.back());
}

size_t Transport::frame() const {
  constexpr double kRounding_s = 1e-9;
  const auto after = std::upper_bound(times_s_.begin(), times_s_.end(), time_s_ + kRounding_s);
  return after == times_s_.begin() ? 0 : static_cast<size_t>(after - times_s_.begin()) - 1;
}

}  // namespace diorama
