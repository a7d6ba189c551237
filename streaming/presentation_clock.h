#pragma once

#include <functional>
#include <optional>

namespace diorama {

// Which moment of a performance is due, as time goes by outside. All times in seconds; time outside comes from the
// caller and never runs backwards: where it does, the moment stays.
class PresentationClock {
 public:
  double at(double now_s) const;
  bool running() const { return running_; }

  void run(double now_s);
  void stop(double now_s);
  void move_to(double now_s, double position_s);
  void set_rate(double now_s, double rate);  // above 0
  double rate() const { return rate_; }

  // While it runs and `driver` has an answer, that is the moment: of a sound that is played, which nothing may make
  // stutter. Without an answer time goes on by itself.
  using Driver = std::function<std::optional<double>(double now_s)>;
  void follow(Driver driver) { driver_ = std::move(driver); }

 private:
  void settle(double now_s);

  double position_s_ = 0, since_s_ = 0, rate_ = 1;
  bool running_ = false;
  Driver driver_;
};

}  // namespace diorama
