#include "engine/base/error.h"
#include "tools/cli/command.h"
#include "tools/cli/edit_command.h"
#include "tools/cli/stream_command.h"
#include "tools/eval/page_text.h"

#include <csignal>
#include <cstdio>
#include <new>

namespace diorama {
namespace {

// Exit codes: 0 done, 1 a fault of the program, 2 bad input or usage, 130 stopped by Ctrl-C.
constexpr int kExitBug = 1, kExitBadInput = 2, kExitCancelled = 130;

std::string command_line(int argc, char** argv) {
  std::string line = shell_word(argv[0]);
  for (int i = 1; i < argc; ++i) line += " " + shell_word(argv[i]);
  return line;
}

int run_program(int argc, char** argv) {
  CLI::App program{
      "Turns RGB-D captures into compact scenes and shows them.\n"
      "A first try: diorama synth room -o room && diorama fit room --as mesh -o room.glb\n"
      "             diorama eval room.glb room && diorama render room.glb -o room.mp4 --orbit 120"};
  program.name("diorama");
  program.set_version_flag("--version", "diorama " DIORAMA_VERSION);
  program.require_subcommand(1);
  program.fallthrough();
  Settings settings;
  program.add_option("--threads", settings.threads, "threads to use; 0: one a core")->check(CLI::Range(0, 1024));
  program.add_flag("-q,--quiet", settings.quiet, "no progress on standard error");
  const Command commands[] = {info_command(program),      synth_command(program),   fit_command(program),
                              render_command(program),    eval_command(program),    bench_command(program),
                              calibrate_command(program), devices_command(program), convert_command(program),
                              edit_command(program),      stream_command(program)};
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitBadInput;
  }
  settings.command_line = command_line(argc, argv);
  for (const Command& command : commands) {
    if (command.app->parsed()) command.run(settings);
  }
  return 0;
}

int guarded(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "diorama: {}\n", error.what());
    return error.code() == ErrorCode::kCancelled ? kExitCancelled : kExitBadInput;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "diorama: the memory does not suffice; try a smaller input or coarser options\n");
    return kExitBadInput;
  } catch (const std::exception& error) {
    fmt::print(stderr, "diorama: internal error, please report it: {}\n", error.what());
    return kExitBug;
  }
}

}  // namespace
}  // namespace diorama

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that outgrows its limit is a failed write, which gets its sentence
  return diorama::guarded(argc, argv);
}
