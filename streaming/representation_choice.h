#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>

namespace diorama {

// How fast bytes come: the median of the last segments, so that one that hung or came from a cache does not count.
class ThroughputMeter {
 public:
  void add(double bytes, double seconds);
  std::optional<double> bits_per_s() const;  // nothing before the first segment

 private:
  std::deque<double> samples_;
};

// What the choice for the next group stands on.
struct ChoiceInput {
  std::span<const double> bits_per_s;  // that playing each representation takes, the best first; absent ones are 0
  std::optional<double> throughput;    // bits/s
  double buffered_s = 0, goal_s = 0;   // what is at hand, and what should be
  double decode_load = 0;              // time to decode a second of pictures, as a share of a second
  double group_s = 0;                  // length of the group
  bool local = false;                  // bytes cost nothing
};

// Which representation the next group is taken from. Goes down when bytes come too slowly for the one in use and the
// buffer runs dry, or pictures are decoded too slowly; goes up when there is time and speed to spare for a while, so
// that it does not swing. Without a measurement the smallest is the first, of a local source the best.
class RepresentationChoice {
 public:
  size_t next(const ChoiceInput& input);
  std::optional<size_t> current() const { return current_; }

 private:
  size_t better(const ChoiceInput& input) const;
  size_t worse(const ChoiceInput& input) const;

  std::optional<size_t> current_;
  double held_s_ = 0;         // since it changed last
  double decode_hold_s_ = 0;  // until one that was too much to decode is tried again
};

}  // namespace diorama
