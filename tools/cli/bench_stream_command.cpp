#include "tools/cli/bench_stream_command.h"

#include "tools/bench/bench_stream.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct StreamBenchArguments {
  std::string input, json;
  StreamBenchOptions options;
  VideoPlayOptions play;
};

void run(const StreamBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const StreamBench bench = bench_stream(args.input, args.options, args.play, terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_stream_command(CLI::App& bench) {
  CLI::App* app =
      bench.add_subcommand("stream", "Decoding of a coded splat video from files: rate, first frame, jumps.");
  const auto args = std::make_shared<StreamBenchArguments>();
  app->add_option("IN", args->input, "the .glb that `stream pack` made, its streams beside it")->required();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  add_options(*app, args->options, "Measuring");
  add_options(*app, args->play, "Decoding");
  return {app, [args](const Settings& settings) { run(*args, settings); }};
}

}  // namespace diorama
