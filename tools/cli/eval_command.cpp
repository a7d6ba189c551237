#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "streaming/splat_video_reader.h"
#include "tools/cli/choose_calibration.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"
#include "tools/eval/comparison_video.h"
#include "tools/eval/report_page.h"

namespace diorama {
namespace {

struct EvalArguments {
  std::string asset, capture, json, html, video, calibration = "asset";
  CaptureOptions capture_options;
  EvalOptions options;
  AssetReadOptions read;
  BackendOptions backend;
  VideoPlayOptions play;
};

void run_eval(const EvalArguments& args, const Settings& settings) {
  if (!args.video.empty() && std::filesystem::path(args.video).extension() != ".mp4") {
    fail(ErrorCode::kInvalidInput, "--video is '{}', expected a name that ends in .mp4", args.video);
  }
  TerminalJob terminal(settings);
  Asset asset = read_asset(args.asset, args.read);
  for (const std::string& note : asset.notes) terminal.warn(fmt::format("{}: {}", args.asset, note));
  Capture capture = open_capture(args.capture, args.capture_options);
  for (const std::string& warning : capture.warnings()) terminal.warn(warning);
  if (args.calibration != "asset") {
    if (asset.record) asset.record->calibration_json = "{}";
    choose_calibration(capture, args.calibration, terminal);
  } else if (const auto used = scored_calibration(asset, capture)) {
    capture.set_calibration(used);  // its lens is removed from what is compared
  }
  const LogSink log = [&](LogLevel level, std::string_view line) { terminal.context().log(level, line); };
  const std::unique_ptr<SplatPerformance> performance =
      open_performance(asset, args.asset, args.play, terminal.pool(), log);
  const ScoredAsset scored{asset, args.asset, performance.get()};
  ReportPictures pictures;
  std::optional<ComparisonVideo> video;
  if (!args.video.empty()) {
    video.emplace(args.video, capture, scored_frames(scored, capture, args.options.split), args.options.scale);
  }
  const ScoreObserver observer = [&](size_t index, size_t count, const ScoredPictures& shown) {
    if (!args.html.empty()) pictures.add(index, count, shown);
    if (video) video->add(index, shown);
  };
  const EvalReport report =
      evaluate(scored, capture, args.options, terminal.context(), observer, with_environment(args.backend));
  if (video) video->finish();
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(report));
  if (!args.html.empty()) {
    write_file(args.html, report_page(report, pictures, {asset, capture, args.capture, settings.command_line, {}}));
  }
  if (args.json != "-") write_output("-", to_text(report));
}

}  // namespace

Command eval_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "Renders a capture's held-out frames and scores them.");
  const auto args = std::make_shared<EvalArguments>();
  app->add_option("ASSET", args->asset,
                  "the .glb, .gltf, .ply of splats, .spz, .sog, .splat, or folder of SOG, to score")
      ->required();
  app->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  app->add_option("--json", args->json, "write the scores to this file; - is standard output");
  app->add_option("--html", args->html, "write a page with scores and pictures to this file");
  app->add_option("--video", args->video, "write recorded and rendered pictures side by side over time to this .mp4");
  app->add_option(
         "--calibration", args->calibration,
         "colour camera of an unregistered rig: asset (what the fit used), none (as shipped), auto, or a file that "
         "calibrate wrote")
      ->capture_default_str();
  add_options(*app, args->options, "Scoring");
  add_options(*app, args->backend, "Drawing");
  add_options(*app, args->read, "Reading the asset");
  add_options(*app, args->play, "Coded splat video");
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_eval(*args, settings); }};
}

}  // namespace diorama
