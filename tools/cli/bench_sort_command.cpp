#include "tools/cli/bench_sort_command.h"

#include "tools/bench/bench_sort.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct SortBenchArguments {
  std::string json;
  SortBenchOptions options;
  BackendOptions backend{.backend = 1};
};

void run(const SortBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const SortBench bench = bench_sort(args.options, with_environment(args.backend), terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_sort_command(CLI::App& bench) {
  CLI::App* app = bench.add_subcommand("sort", "The splat player's sort on a Vulkan device, beside std::sort.");
  const auto args = std::make_shared<SortBenchArguments>();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  app->add_option("--device", args->backend.device, "Vulkan device, as for render");
  add_options(*app, args->options, "Measuring");
  return {app, [args](const Settings& settings) { run(*args, settings); }};
}

}  // namespace diorama
