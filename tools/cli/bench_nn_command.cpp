#include "tools/cli/bench_nn_command.h"

#include "tools/bench/bench_nn.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct NnBenchArguments {
  std::string json;
  NnBenchOptions options;
};

void run(const NnBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const NnBench bench = bench_nn(args.options, terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_nn_command(CLI::App& bench) {
  CLI::App* app =
      bench.add_subcommand("nn", "Matrix products and training steps of networks, beside Eigen's products.");
  const auto args = std::make_shared<NnBenchArguments>();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  add_options(*app, args->options, "Measuring");
  return {app, [args](const Settings& settings) { run(*args, settings); }};
}

}  // namespace diorama
