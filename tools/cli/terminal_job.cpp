#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tools/cli/command.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace diorama {
namespace {

using namespace std::chrono_literals;

// The job that a signal cancels; a signal handler can reach nothing but a global.
std::atomic<JobContext*> g_running_job{nullptr};

void on_signal(int signal) {
  JobContext* job = g_running_job;
  if (job == nullptr || job->cancel_requested()) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  job->request_cancel();
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::string progress_text(const Progress& progress) {
  std::string text = progress.stage;
  if (progress.total > 0) text += fmt::format(" {}/{}", progress.step, progress.total);
  if (progress.score) text += fmt::format(", {:.2f} dB", *progress.score);
  if (progress.left_s && progress.step < progress.total)
    text += fmt::format(", {} left", duration_text(*progress.left_s));
  return text;
}

}  // namespace

TerminalJob::TerminalJob(const Settings& settings)
    : settings_(settings),
      pool_(settings.threads),
      context_(pool_,
               [this](LogLevel level, std::string_view line) {
                 if (level == LogLevel::kWarning) warn(std::string(line));
               }),
      terminal_(::isatty(STDERR_FILENO) == 1) {
  context_.on_progress([this](const Progress& progress) { show(progress); });
  g_running_job = &context_;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

TerminalJob::~TerminalJob() {
  g_running_job = nullptr;
  finish_line();
}

void TerminalJob::show(const Progress& progress) {
  if (settings_.quiet) return;
  const auto now = std::chrono::steady_clock::now();
  const bool new_stage = progress.stage != shown_stage_;
  const bool done = progress.total > 0 && progress.step == progress.total;
  if (!new_stage && !done && now - last_shown_ < (terminal_ ? 100ms : 5000ms)) return;
  if (!terminal_ && !done && new_stage && progress.total > 0) {
    shown_stage_ = progress.stage;  // a log gets a line when a stage is done, and every 5 s of a long one
    last_shown_ = now;
    return;
  }
  if (terminal_ && new_stage) finish_line();
  shown_stage_ = progress.stage;
  last_shown_ = now;
  const std::string text = progress_text(progress);
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", text);
    line_open_ = true;
  } else {
    fmt::print(stderr, "{}{}\n", text, done ? fmt::format(" in {}", duration_text(progress.elapsed_s)) : "");
  }
  std::fflush(stderr);
}

void TerminalJob::finish_line() {
  if (line_open_) fmt::print(stderr, "\n");
  line_open_ = false;
}

void TerminalJob::warn(const std::string& line) {
  finish_line();
  fmt::print(stderr, "warning: {}\n", line);
}

void write_output(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
  } else {
    write_file(path, text);
  }
}

}  // namespace diorama
