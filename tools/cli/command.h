#pragma once

#include "engine/base/job.h"
#include "engine/base/thread_pool.h"
#include "tools/eval/asset_view.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

namespace diorama {

// What every command gets from the program.
struct Settings {
  int threads = 0;  // 0: all cores
  bool quiet = false;
  std::string command_line;  // as typed, quoted for a shell
};

// A command adds its subcommand and options to the program and says what to run when it was chosen. The returned
// function throws Error on bad input.
struct Command {
  CLI::App* app = nullptr;
  std::function<void(const Settings&)> run;
};

Command info_command(CLI::App& program);
Command synth_command(CLI::App& program);
Command fit_command(CLI::App& program);
Command render_command(CLI::App& program);
Command eval_command(CLI::App& program);
Command bench_command(CLI::App& program);
Command convert_command(CLI::App& program);
Command calibrate_command(CLI::App& program);
Command devices_command(CLI::App& program);

// The choice of a device, taken from DIORAMA_DEVICE where the command line makes none.
BackendOptions with_environment(BackendOptions options);

// Runs a job with progress on standard error and Ctrl-C as cancellation (a second one ends the program at once).
class TerminalJob {
 public:
  explicit TerminalJob(const Settings& settings);
  ~TerminalJob();
  TerminalJob(const TerminalJob&) = delete;
  TerminalJob& operator=(const TerminalJob&) = delete;

  ThreadPool& pool() { return pool_; }
  JobContext& context() { return context_; }
  // Ends the progress line, so that other output starts on a line of its own.
  void finish_line();
  void warn(const std::string& line);

 private:
  void show(const Progress& progress);

  Settings settings_;
  ThreadPool pool_;
  JobContext context_;
  bool terminal_;
  bool line_open_ = false;
  std::string shown_stage_;
  std::chrono::steady_clock::time_point last_shown_{};
};

// Text to a file, or to standard output where the path is "-".
void write_output(const std::string& path, const std::string& text);

}  // namespace diorama
