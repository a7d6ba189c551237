#include "tools/cli/bench_poses_command.h"

#include "tools/bench/bench_poses.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct PoseBenchArguments {
  std::string asset, json;
  PoseBenchOptions options;
  BackendOptions backend;
};

void run(const PoseBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const AnimatedGltf gltf(args.asset);
  PoseBench bench = with_context(
      args.asset, [&] { return bench_poses(gltf, args.options, with_environment(args.backend), terminal.context()); });
  terminal.finish_line();
  bench.asset = args.asset;
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

}  // namespace

Command bench_poses_command(CLI::App& bench) {
  CLI::App* app = bench.add_subcommand("poses", "Posing an animated glTF and handing it to the backend.");
  const auto args = std::make_shared<PoseBenchArguments>();
  app->add_option("ASSET", args->asset, "the .glb or .gltf with animations")->required();
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  add_options(*app, args->options, "Measuring");
  add_options(*app, args->backend, "Drawing");
  return {app, [args](const Settings& settings) { run(*args, settings); }};
}

}  // namespace diorama
