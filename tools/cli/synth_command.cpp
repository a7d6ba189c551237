#include "capture/synth/synth.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct SynthArguments {
  std::string output;
  SynthOptions options;
};

using WriteScene = SynthStats (*)(const std::filesystem::path&, const SynthOptions&, JobContext&);

// One scene as a subcommand of `synth`; runs when it was chosen.
std::function<void(const Settings&)> add_scene(CLI::App& synth, const char* name, const char* help, WriteScene write) {
  CLI::App* app = synth.add_subcommand(name, help);
  const auto args = std::make_shared<SynthArguments>();
  app->add_option("-o,--output", args->output, "folder to write")->required();
  add_options(*app, args->options, "Scene and sensor");
  return [app, args, write](const Settings& settings) {
    if (!app->parsed()) return;
    TerminalJob terminal(settings);
    const SynthStats stats = write(args->output, args->options, terminal.context());
    terminal.finish_line();
    fmt::print("{}: {} frames of {}x{}\n", args->output, stats.frames, args->options.width, args->options.height);
  };
}

}  // namespace

Command synth_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("synth", "Makes a capture with exact depth: a sample to try things on.");
  app->require_subcommand(1);
  const auto room = add_scene(*app, "room", "A furnished room on a hand-held path.", write_synth_room);
  const auto performance =
      add_scene(*app, "performance", "A moving figure inside a rig of cameras.", write_synth_performance);
  return {app, [room, performance](const Settings& settings) {
            room(settings);
            performance(settings);
          }};
}

}  // namespace diorama
