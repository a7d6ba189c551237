#include "assets/asset_file.h"
#include "assets/sog_levels.h"
#include "assets/summary.h"
#include "engine/base/error.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct ConvertArguments {
  std::string input, output;
  bool pack = false, lod = false;
  SogLevelsOptions levels;
  AssetReadOptions read;
};

void check_output(const ConvertArguments& args) {
  if (args.pack && std::filesystem::path(args.output).extension() != ".glb") {
    fail(ErrorCode::kInvalidInput, "{}: --pack packs the splats of a .glb, give a name that ends in that", args.output);
  }
  if (!args.lod) return check_asset_name(args.output);
  if (std::filesystem::path(args.output).has_extension() && !std::filesystem::is_directory(args.output)) {
    fail(ErrorCode::kInvalidInput, "{}: --lod writes a folder, give one without an ending", args.output);
  }
}

void write_levels(const Asset& asset, const ConvertArguments& args, TerminalJob& terminal) {
  if (!asset.meshes.empty()) terminal.warn(fmt::format("{}: the levels hold the splats alone", args.output));
  write_sog_levels(asset, args.output, args.levels, terminal.pool());
  fmt::print("{}: {} splats in {} levels\n", args.output, splat_count(asset), args.levels.levels);
}

void run_convert(const ConvertArguments& args, const Settings& settings) {
  check_output(args);
  TerminalJob terminal(settings);
  AssetReadOptions read = args.read;
  read.pool = &terminal.pool();
  const Asset asset = read_asset(args.input, read);
  for (const std::string& note : asset.notes) terminal.warn(fmt::format("{}: {}", args.input, note));
  if (args.lod) return write_levels(asset, args, terminal);
  if (args.pack && splat_count(asset) == 0) {
    fail(ErrorCode::kInvalidInput, "{}: has no splats for --pack to pack", args.input);
  }
  for (const std::string& loss : write_asset(asset, args.output, {.pack = args.pack, .pool = &terminal.pool()})) {
    terminal.warn(fmt::format("{}: {}", args.output, loss));
  }
  const AssetSummary summary = summarize(asset);
  fmt::print("{}: {} splats, {} triangles, {} bytes\n", args.output, splat_count(asset), summary.triangles,
             asset_file_bytes(args.output));
}

}  // namespace

Command convert_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert",
                                         "Writes an asset as another kind of file. The kind read is told by content, "
                                         "the kind written by the name's ending; "
                                         "what it cannot hold is warned of (docs/formats.md has the table).");
  const auto args = std::make_shared<ConvertArguments>();
  app->add_option("IN", args->input,
                  "the .glb, .gltf, .ply of splats, .spz, .sog, .splat, or folder of SOG or of its levels, to read")
      ->required();
  app->add_option("OUT", args->output,
                  "the .glb, .ply, .spz, .sog or .splat to write, FOLDER/meta.json for a folder of SOG, or with --lod "
                  "a folder; a file of this name is replaced when all is done")
      ->required();
  CLI::Option* pack =
      app->add_flag("--pack", args->pack,
                    "splats of a .glb as SPZ inside it: a tenth of the bytes, for readers of the draft extension "
                    "KHR_gaussian_splatting_compression_spz_2");
  CLI::Option* lod =
      app->add_flag("--lod", args->lod, "levels of detail as streamed SOG: OUT/lod-meta.json and a folder a level")
          ->excludes(pack);
  add_options(*app, args->levels, "Levels of detail");
  app->get_option("--lod-levels")->needs(lod);
  add_options(*app, args->read, "Reading");
  return {app, [args](const Settings& settings) { run_convert(*args, settings); }};
}

}  // namespace diorama
