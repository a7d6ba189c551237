#pragma once

#include <cstddef>
#include <vector>

namespace diorama {

// Plays the frames of a performance by a clock that is told how much time went by.
class Transport {
 public:
  // Of the frames, rising, seconds. None: nothing is to be played. Starts at the first frame, playing.
  void set_times(std::vector<double> times_s);

  void advance(double dt_s);
  void set_playing(bool playing);
  void step(int frames);     // pauses; goes around at the ends
  void seek(double time_s);  // from the first frame on
  void set_rate(double rate) { rate_ = rate; }
  void set_looping(bool looping) { looping_ = looping; }

  bool has_frames() const { return !times_s_.empty(); }
  bool is_playing() const { return playing_; }
  bool is_looping() const { return looping_; }
  double rate() const { return rate_; }
  double time_s() const { return time_s_; }  // from the first frame on
  double duration_s() const { return duration_s_; }
  size_t frame_count() const { return times_s_.size(); }
  size_t frame() const;

 private:
  std::vector<double> times_s_;  // from 0 on
  double duration_s_ = 0;        // the last frame lasts as long as the others
  double time_s_ = 0, rate_ = 1;
  bool playing_ = false, looping_ = true;
};

}  // namespace diorama
