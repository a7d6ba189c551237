#include "streaming/presentation_clock.h"

#include "engine/base/error.h"

namespace diorama {

double PresentationClock::at(double now_s) const {
  if (!running_) return position_s_;
  if (driver_) {
    if (const std::optional<double> driven = driver_(now_s)) return *driven;
  }
  return now_s > since_s_ ? position_s_ + rate_ * (now_s - since_s_) : position_s_;
}

void PresentationClock::settle(double now_s) {
  position_s_ = at(now_s);
  since_s_ = now_s;
}

void PresentationClock::run(double now_s) {
  settle(now_s);
  running_ = true;
}

void PresentationClock::stop(double now_s) {
  settle(now_s);
  running_ = false;
}

void PresentationClock::move_to(double now_s, double position_s) {
  position_s_ = position_s;
  since_s_ = now_s;
}

void PresentationClock::set_rate(double now_s, double rate) {
  DIO_CHECK(rate > 0);
  settle(now_s);
  rate_ = rate;
}

}  // namespace diorama
