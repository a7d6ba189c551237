#include "streaming/retried_fetch.h"

#include <algorithm>
#include <cmath>

namespace diorama {

RetriedFetch::State RetriedFetch::update(double now_s, ByteSource& source, FetchResult& result) {
  if (state_ == State::kNew || (state_ == State::kPausing && now_s >= again_at_s_)) {
    fetch_ = source.fetch(request_);
    state_ = State::kRunning;
  }
  if (state_ != State::kRunning) return state_;
  std::optional<FetchResult> came = fetch_.poll();
  if (!came) return state_;
  if (came->failure) {
    take_failure(now_s, std::move(*came->failure));
  } else {
    result = std::move(*came);
    state_ = State::kDone;
  }
  return state_;
}

void RetriedFetch::take_failure(double now_s, FetchFailure failure) {
  failure_ = std::move(failure);
  ++failures_;
  const bool network = failure_.problem == FetchProblem::kNetwork, server = failure_.problem == FetchProblem::kServer;
  network_failures_ += network ? 1 : 0;
  server_failures_ = network ? 0 : server_failures_ + 1;  // a lost network says nothing of the server
  const bool again = (network && (options_.network_attempts == 0 || network_failures_ < options_.network_attempts)) ||
                     (server && server_failures_ < options_.server_attempts);
  if (!again) {
    state_ = State::kFailed;
    return;
  }
  constexpr int kMostDoublings = 20;
  state_ = State::kPausing;
  again_at_s_ = now_s + std::min(options_.most_pause_s,
                                 std::ldexp(options_.first_pause_s, std::min(failures_ - 1, kMostDoublings)));
}

}  // namespace diorama
