#pragma once

#include "engine/base/log.h"
#include "engine/base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace diorama {

struct Progress {
  std::string stage;
  uint64_t step = 0, total = 0;  // of the stage; total 0: unknown
  double elapsed_s = 0;          // of the stage
  std::optional<double> left_s;  // of the stage, from its mean speed so far; nothing before the first step of this run
  std::optional<double> score;   // the stage's current figure of merit (dB for fits), where it has one
};

// What a long job is given beside its input: threads, a place for progress, cancellation, checkpoints. The job reports;
// command line and viewer read. All calls are thread-safe.
class JobContext {
 public:
  explicit JobContext(ThreadPool& pool, LogSink log = {}) : pool_(pool), log_(std::move(log)) {}
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;

  ThreadPool& pool() const { return pool_; }

  // The job's side. begin_stage(), advance() and check_cancelled() throw Error(kCancelled) once cancel was asked for.
  // `done`: steps that an earlier run has made; they count as progress, not as speed.
  void begin_stage(std::string name, uint64_t total, uint64_t done = 0);
  void advance(uint64_t steps = 1);
  void set_score(double score);
  void check_cancelled() const;
  void log(LogLevel level, std::string_view line) const;

  // The reader's side.
  Progress progress() const;
  void request_cancel() { cancelled_ = true; }  // async-signal-safe
  bool cancel_requested() const { return cancelled_; }

  // Called at each begin_stage and advance, from the thread that made it, one call at a time and in order; set before
  // the job starts. It must not report to this job.
  void on_progress(std::function<void(const Progress&)> listener) { listener_ = std::move(listener); }

  // Folder of the job's checkpoint, absent: none is kept. `resume`: go on from what is there.
  std::optional<std::filesystem::path> checkpoint_dir;
  bool resume = false;

 private:
  void tell_listener();

  using Clock = std::chrono::steady_clock;

  ThreadPool& pool_;
  LogSink log_;
  std::function<void(const Progress&)> listener_;
  std::atomic<bool> cancelled_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it
  mutable std::mutex mutex_;
  std::mutex listener_mutex_;
  Progress current_;
  uint64_t done_before_ = 0;  // steps of the stage that this run did not make
  Clock::time_point stage_start_ = Clock::now();
};

}  // namespace diorama
