#include "assets/asset_file.h"
#include "assets/summary.h"
#include "capture/inspect.h"
#include "streaming/splat_video_reader.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct InfoArguments {
  std::string path;
  bool json = false;
  AssetReadOptions read;
  CaptureOptions capture_options;
  InspectOptions inspect_options;
};

void run_info(const InfoArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  std::string text;
  if (is_asset_file(args.path)) {
    Asset asset = read_asset(args.path, args.read);
    if (!asset.splat_video_json.empty()) {
      const SplatVideo video = splat_video_of(asset, args.path);
      asset.notes.push_back(fmt::format(
          "a coded splat video of {} frames in {} groups, of which this is the first; `diorama stream info` says more",
          video.frame_count(), video.groups.size()));
    }
    AssetSummary summary = summarize(asset, asset_file_bytes(args.path));
    if (const auto performance = open_splat_sequence(asset, args.path)) summary.video = summarize(*performance);
    text = args.json ? to_json(summary) : to_text(summary);
  } else {
    const Capture capture = open_capture(args.path, args.capture_options);
    const CaptureSummary summary = inspect_capture(capture, args.inspect_options, terminal.context());
    text = args.json ? to_json(summary) : to_text(summary);
  }
  terminal.finish_line();
  write_output("-", text);
}

}  // namespace

Command info_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "info",
      "Says what a capture or asset holds; checks a capture's depth against its poses and names what is wrong.");
  const auto args = std::make_shared<InfoArguments>();
  app->add_option("PATH", args->path,
                  "folder of a capture, or an asset (.glb, .gltf, .ply, .spz, .sog, .splat, or a folder of SOG or of "
                  "its levels)")
      ->required();
  app->add_flag("--json", args->json, "as JSON, for programs");
  add_options(*app, args->read, "Reading an asset");
  add_options(*app, args->inspect_options, "Looking at a capture");
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_info(*args, settings); }};
}

}  // namespace diorama
