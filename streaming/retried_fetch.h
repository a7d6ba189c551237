#pragma once

#include "streaming/byte_source.h"

namespace diorama {

struct RetryOptions {
  double first_pause_s = 0.25, most_pause_s = 8;  // each next pause is twice as long
  int server_attempts = 5;                        // answers that are errors, or are cut short
  int network_attempts = 0;                       // no answer; 0: as long as it takes
};

// A request that is made again after failures that may pass, with growing pauses. Time comes from the caller.
class RetriedFetch {
 public:
  enum class State { kNew, kRunning, kPausing, kDone, kFailed };

  RetriedFetch() = default;
  RetriedFetch(ByteRequest request, const RetryOptions& options) : request_(std::move(request)), options_(options) {}

  // Starts, looks, starts again. `result` gets what came with the step to kDone.
  State update(double now_s, ByteSource& source, FetchResult& result);

  State state() const { return state_; }
  int failures() const { return failures_; }                // so far
  const FetchFailure& failure() const { return failure_; }  // the last one, where there was one

 private:
  void take_failure(double now_s, FetchFailure failure);

  ByteRequest request_;
  RetryOptions options_;
  State state_ = State::kNew;
  Fetch fetch_;
  FetchFailure failure_;
  int failures_ = 0, server_failures_ = 0, network_failures_ = 0;
  double again_at_s_ = 0;
};

}  // namespace diorama
