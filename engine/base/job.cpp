#include "engine/base/job.h"

#include "engine/base/error.h"

namespace diorama {

void JobContext::begin_stage(std::string name, uint64_t total, uint64_t done) {
  check_cancelled();
  {
    const std::lock_guard lock(mutex_);
    current_ = {};
    current_.stage = std::move(name);
    current_.step = done_before_ = done;
    current_.total = total;
    stage_start_ = Clock::now();
  }
  tell_listener();
}

void JobContext::advance(uint64_t steps) {
  check_cancelled();
  {
    const std::lock_guard lock(mutex_);
    current_.step += steps;
  }
  tell_listener();
}

void JobContext::tell_listener() {
  if (!listener_) return;
  const std::lock_guard lock(listener_mutex_);
  listener_(progress());
}

void JobContext::set_score(double score) {
  const std::lock_guard lock(mutex_);
  current_.score = score;
}

void JobContext::check_cancelled() const {
  if (cancelled_) fail(ErrorCode::kCancelled, "stopped on request");
}

void JobContext::log(LogLevel level, std::string_view line) const {
  if (log_) log_(level, line);
}

Progress JobContext::progress() const {
  const std::lock_guard lock(mutex_);
  Progress result = current_;
  result.elapsed_s = std::chrono::duration<double>(Clock::now() - stage_start_).count();
  if (result.step > done_before_ && result.total >= result.step) {
    const double step_s = result.elapsed_s / static_cast<double>(result.step - done_before_);
    result.left_s = step_s * static_cast<double>(result.total - result.step);
  }
  return result;
}

}  // namespace diorama
