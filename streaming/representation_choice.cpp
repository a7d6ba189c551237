#include "streaming/representation_choice.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"

#include <algorithm>
#include <vector>

namespace diorama {
namespace {

constexpr size_t kSamples = 7;
// Shares of the measured speed: what is in use may take more of it than what is changed to.
constexpr double kKeepShare = 0.9, kChangeShare = 0.7;
// Of the buffer's goal: with more in it nothing is given up; with less nothing better is tried.
constexpr double kSafeShare = 0.5;
constexpr double kHold_s = 3;
constexpr double kMostDecodeLoad = 0.95, kEasyDecodeLoad = 0.7;
constexpr double kDecodeHold_s = 20;

bool fits(const ChoiceInput& input, size_t one, double share) {
  return input.local || (input.throughput && input.bits_per_s[one] <= share * *input.throughput);
}

size_t last_usable(const ChoiceInput& input) {
  size_t last = input.bits_per_s.size();
  for (size_t i = 0; i < input.bits_per_s.size(); ++i) {
    if (input.bits_per_s[i] > 0) last = i;
  }
  DIO_CHECK(last < input.bits_per_s.size());
  return last;
}

}  // namespace

void ThroughputMeter::add(double bytes, double seconds) {
  if (!(bytes > 0) || !(seconds > 0)) return;
  samples_.push_back(8 * bytes / seconds);
  if (samples_.size() > kSamples) samples_.pop_front();
}

std::optional<double> ThroughputMeter::bits_per_s() const {
  if (samples_.empty()) return std::nullopt;
  return median({samples_.begin(), samples_.end()});
}

size_t RepresentationChoice::better(const ChoiceInput& input) const {
  for (size_t i = 0; i < *current_; ++i) {
    if (input.bits_per_s[i] > 0 && fits(input, i, kChangeShare)) return i;
  }
  return *current_;
}

size_t RepresentationChoice::worse(const ChoiceInput& input) const {
  for (size_t i = *current_ + 1; i < input.bits_per_s.size(); ++i) {
    if (input.bits_per_s[i] > 0 && fits(input, i, kChangeShare)) return i;
  }
  return last_usable(input);
}

size_t RepresentationChoice::next(const ChoiceInput& input) {
  const size_t last = last_usable(input);
  size_t chosen = current_.value_or(last);
  held_s_ += input.group_s;
  decode_hold_s_ = std::max(0.0, decode_hold_s_ - input.group_s);
  if (!current_ && input.local) {
    for (chosen = 0; !(input.bits_per_s[chosen] > 0);) ++chosen;
  } else if (current_) {
    const bool dry = input.buffered_s < kSafeShare * input.goal_s;
    const bool gone = chosen >= input.bits_per_s.size() || !(input.bits_per_s[chosen] > 0);
    const bool too_fast = input.throughput && !fits(input, std::min(chosen, last), kKeepShare);
    const bool heavy = input.decode_load > kMostDecodeLoad && chosen < last && held_s_ > kHold_s;
    if (gone || (dry && too_fast)) {
      chosen = std::min(worse(input), last);
    } else if (heavy) {
      chosen = worse(input);
      decode_hold_s_ = kDecodeHold_s;
    } else if (!dry && held_s_ > kHold_s && input.decode_load < kEasyDecodeLoad && decode_hold_s_ == 0) {
      chosen = better(input);
    }
  }
  if (chosen != current_) held_s_ = 0;
  current_ = chosen;
  return chosen;
}

}  // namespace diorama
