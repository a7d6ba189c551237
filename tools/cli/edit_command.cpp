#include "tools/cli/edit_command.h"

#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "tools/cli/edit_steps.h"

namespace diorama {
namespace {

struct EditArguments {
  std::string input, output;
};

void run_edit(const EditArguments& args, const CLI::App& app, const Settings& settings) {
  check_asset_name(args.output);
  const std::vector<EditStep> steps = edit_steps(app);
  TerminalJob terminal(settings);
  EditedSplats splats = read_splats(args.input);
  for (const EditStep& step : steps) {
    const size_t before = splats.cloud.size();
    with_context(step.text, [&] { step.run(splats, terminal.pool()); });
    if (splats.cloud.size() == 0) {
      fail(ErrorCode::kInvalidInput,
           "{}: leaves none of the {} splats; `diorama info {}` tells where and what they are", step.text, before,
           args.input);
    }
    fmt::print("{}: {} -> {} splats\n", step.text, before, splats.cloud.size());
  }
  if (splats.record) splats.record->held_out_json.clear();  // scores are those of the asset before
  Asset asset;
  asset.record = std::move(splats.record);
  asset.splats.push_back({.name = "splats", .cloud = std::move(splats.cloud)});
  for (const std::string& warning : splats.warnings) terminal.warn(warning);
  for (const std::string& loss : write_asset(asset, args.output)) {
    terminal.warn(fmt::format("{}: {}", args.output, loss));
  }
  fmt::print("{}: {} splats, {} bytes\n", args.output, splat_count(asset), std::filesystem::file_size(args.output));
}

}  // namespace

Command edit_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "edit",
      "Changes an asset of splats and writes it, to any kind of file that `convert` writes. Steps are done in the "
      "order in "
      "which they stand on the command line, and may come more than once:\n"
      "  diorama edit in.ply out.glb --rotate 1,0,0,180 --crop-sphere 0,1,0,3 --remove-floaters 3 --decimate 100000\n"
      "crops after the turn and merges what is left then. docs/edit.md has more examples.");
  const auto args = std::make_shared<EditArguments>();
  app->add_option("IN", args->input, "the asset of splats to read, of any kind")->required();
  app->add_option("OUT", args->output, "the asset to write; may be IN, which is replaced when all is done")->required();
  add_edit_flags(*app);
  return {app, [args, app](const Settings& settings) { run_edit(*args, *app, settings); }};
}

}  // namespace diorama
