#include "tools/cli/bench_formats_command.h"

#include "assets/asset_file.h"
#include "tools/bench/bench_formats.h"

namespace diorama {
namespace {

struct FormatsBenchArguments {
  std::string asset, json;
  size_t splats = 1'000'000;
  int repeats = 5;
};

void run_bench_formats_command(const FormatsBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const FormatBench bench = bench_formats(read_asset(args.asset), args.splats, args.repeats, terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_formats_command(CLI::App& bench) {
  CLI::App* app = bench.add_subcommand("formats", "Writing and reading splats as PLY, SPZ and SOG, in memory.");
  const auto args = std::make_shared<FormatsBenchArguments>();
  app->add_option("ASSET", args->asset, "an asset of splats; they are repeated side by side")->required();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  app->add_option("--splats", args->splats, "how many splats to write")
      ->check(CLI::Range(size_t{1}, size_t{16'000'000}))
      ->capture_default_str();
  app->add_option("--repeats", args->repeats, "runs; the median counts")->check(CLI::Range(1, 1000));
  return {app, [args](const Settings& settings) { run_bench_formats_command(*args, settings); }};
}

}  // namespace diorama
