#include "tools/cli/bench_light_field_command.h"

#include "tools/bench/bench_light_field.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct LightFieldBenchArguments {
  std::string capture, json, pictures;
  LightFieldBenchOptions options;
  SlabFitOptions fit;
};

void run(const LightFieldBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const Capture capture = open_capture(args.capture);
  const LightFieldBench bench = bench_light_field(capture, args.options, args.fit, args.pictures, terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_light_field_command(CLI::App& bench) {
  CLI::App* app = bench.add_subcommand(
      "light-field", "A direct fit of some views of a planar light field, scored on the views between them.");
  const auto args = std::make_shared<LightFieldBenchArguments>();
  app->add_option("CAPTURE", args->capture, "folder of the capture: parallel cameras on a grid")->required();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  app->add_option("--pictures", args->pictures, "write pictures of a held-out view into this folder");
  add_options(*app, args->options, "Views");
  add_options(*app, args->fit, "The fit");
  return {app, [args](const Settings& settings) { run(*args, settings); }};
}

}  // namespace diorama
