#include "assets/asset_file.h"
#include "assets/summary.h"
#include "tools/cli/command.h"

namespace diorama {
namespace {

struct ConvertArguments {
  std::string input, output;
};

void run_convert(const ConvertArguments& args, const Settings& settings) {
  check_asset_name(args.output);
  TerminalJob terminal(settings);
  const Asset asset = read_asset(args.input);
  for (const std::string& note : asset.notes) terminal.warn(fmt::format("{}: {}", args.input, note));
  for (const std::string& loss : write_asset(asset, args.output))
    terminal.warn(fmt::format("{}: {}", args.output, loss));
  const AssetSummary summary = summarize(asset);
  fmt::print("{}: {} splats, {} triangles, {} bytes\n", args.output, splat_count(asset), summary.triangles,
             std::filesystem::file_size(args.output));
}

}  // namespace

Command convert_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert",
                                         "Writes an asset as another kind of file. The kind read is told by content, "
                                         "the kind written by the name's ending; "
                                         "what it cannot hold is warned of (docs/formats.md has the table).");
  const auto args = std::make_shared<ConvertArguments>();
  app->add_option("IN", args->input, "the .glb, .gltf, .ply of splats or .spz to read")->required();
  app->add_option("OUT", args->output,
                  "the .glb, .ply or .spz to write; a file of this name is replaced when all is done")
      ->required();
  return {app, [args](const Settings& settings) { run_convert(*args, settings); }};
}

}  // namespace diorama
