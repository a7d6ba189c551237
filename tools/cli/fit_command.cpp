#include "assets/asset_file.h"
#include "capture/capture.h"
#include "capture/self_check.h"
#include "capture/transforms_writer.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "reconstruction/mesh/fit_mesh.h"
#include "reconstruction/splats/fit_splats.h"
#include "tools/cli/choose_calibration.h"
#include "tools/cli/command.h"
#include "tools/cli/fit_splat_video.h"
#include "tools/cli/option_flags.h"
#include "tools/cli/score_splat_video.h"
#include "tools/cli/snapshot_writer.h"
#include "tools/eval/report_page.h"

#include <set>

namespace diorama {
namespace {

constexpr const char* kMeshGroup = "Fusion and mesh (--as mesh)";
constexpr const char* kSplatGroup = "Splats (--as splats)";

struct FitArguments {
  std::string capture, output, checkpoint, html, calibration = "auto";
  std::string representation = "mesh";
  std::string cameras, schedule, replay, snapshots;
  double snapshot_every_s = 10;
  bool resume = false, check = true, score = true;
  CaptureOptions capture_options;
  MeshFitOptions mesh;
  SplatFitOptions splats;
  SplatVideoArguments video;
};

// A fit of any representation, ready to be scored and written.
struct Fitted {
  Asset asset;
  std::string summary;                                     // what came out, for people
  std::vector<std::pair<std::string, std::string>> facts;  // for the report
  std::optional<RigCalibration> calibration;               // of the colour camera, as the fit left it
  std::vector<CurvePoint> curve;
  std::string schedule_json;
  float score_scale = 1;
};

void warn_all(TerminalJob& job, const Capture& capture) {
  for (const std::string& warning : capture.warnings()) job.warn(warning);
}

// A scene that moves, seen by a rig: what stands still is all that these representations can hold.
void warn_of_motion(TerminalJob& job, const Capture& capture) {
  std::set<double> times;
  std::set<int> cameras;
  for (const Frame& frame : capture.frames()) {
    if (frame.time_s) times.insert(*frame.time_s);
    cameras.insert(frame.camera);
  }
  if (cameras.size() < 2 || times.size() < 2) return;
  job.warn(fmt::format("{}: {} cameras saw {} moments; all are fitted as one still scene, what moves is smeared",
                       capture.name(), cameras.size(), times.size()));
}

// Told before the fit, which takes long.
void require_scores_for_page(const FitArguments& args, const Capture& capture) {
  if (args.html.empty()) return;
  if (!args.score) fail(ErrorCode::kInvalidInput, "--html needs the scores; leave --no-score out");
  if (capture.frames_of(Split::kTest).empty()) {
    fail(ErrorCode::kInvalidInput, "{}: has no held-out frames to score; leave --html out", capture.name());
  }
}

Fitted fit_as_mesh(const FitArguments& args, const Capture& capture, JobContext& job) {
  MeshFit fit = fit_mesh(capture, args.mesh, job);
  const MeshFitStats& stats = fit.stats;
  Fitted fitted;
  fitted.summary = fmt::format("{} triangles, {} vertices from {} frames ({} triangles before simplification)",
                               stats.triangles, stats.vertices, stats.frames, stats.triangles_fused);
  fitted.facts = {{"Fused frames", std::to_string(stats.frames)},
                  {"Triangles before simplification", std::to_string(stats.triangles_fused)}};
  fitted.asset = std::move(fit.asset);
  fitted.calibration = capture.calibration();
  return fitted;
}

Fitted fit_as_splats(const FitArguments& args, const Capture& capture, SplatFitRun run, JobContext& job) {
  if (!args.replay.empty()) run.replay = read_text_file(args.replay);
  std::optional<SnapshotWriter> snapshots;
  if (!args.snapshots.empty()) {
    snapshots.emplace(args.snapshots, job);
    run.snapshot_every_s = args.snapshot_every_s;
    run.on_snapshot = [&](SplatFitSnapshot snapshot) { snapshots->write(snapshot.step, std::move(snapshot.asset)); };
  }
  SplatFit fit = fit_splats(capture, args.splats, job, run);
  const SplatFitStats& stats = fit.stats;
  Fitted fitted;
  fitted.summary = fmt::format("{} splats from {} frames, {} steps in {:.0f} s", stats.splats, stats.views, stats.steps,
                               stats.train_s);
  fitted.facts = {
      {"Training frames", std::to_string(stats.views)},
      {"Splats at the start", std::to_string(stats.start_splats)},
      {"Splats", std::to_string(stats.splats)},
      {"Steps", std::to_string(stats.steps)},
      {"Training, s", fmt::format("{:.1f}", stats.train_s)},
      {"Memory, images apart, MiB", fmt::format("{:.1f}", static_cast<double>(stats.memory_bytes) / (1 << 20))}};
  fitted.asset = std::move(fit.asset);
  fitted.calibration = fit.calibration;
  fitted.schedule_json = stats.schedule_json;
  for (const SplatFitPoint& point : stats.curve) {
    fitted.curve.push_back(
        {static_cast<double>(point.step), point.seconds, point.psnr, point.loss, static_cast<double>(point.splats)});
  }
  fitted.score_scale = args.splats.scale;
  return fitted;
}

// Options of a representation that is not fitted would do nothing.
void refuse_options_of(const CLI::App& app, const std::string& group, const std::string& representation) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != group || option->count() == 0) continue;
    if (representation == "splat-video" && serves_splat_video(option->get_name())) continue;
    fail(ErrorCode::kInvalidInput, "{} is not an option of --as {}; leave it out", option->get_name(), representation);
  }
}

void run_fit(const FitArguments& args, const CLI::App& app, const Settings& settings) {
  SplatFitRun run;
  const bool splats = args.representation == "splats", video = args.representation == "splat-video";
  if (splats || video) refuse_options_of(app, kMeshGroup, args.representation);
  if (!splats) refuse_options_of(app, kSplatGroup, args.representation);
  if (!video) refuse_options_of(app, kSplatVideoGroup, args.representation);
  check_asset_name(args.output);
  if (!args.snapshots.empty()) prepare_snapshots(args.snapshots, args.resume);
  TerminalJob terminal(settings);
  JobContext& job = terminal.context();
  const std::filesystem::path checkpoint = args.checkpoint.empty() ? std::filesystem::path(args.output + ".checkpoint")
                                                                   : std::filesystem::path(args.checkpoint);
  job.checkpoint_dir = checkpoint;
  job.resume = args.resume;
  Capture capture = open_capture(args.capture, args.capture_options);
  warn_all(terminal, capture);
  if (!video) warn_of_motion(terminal, capture);
  require_scores_for_page(args, capture);
  if (args.check) require_sound(capture, check_capture(capture, {}, job));
  choose_calibration(capture, args.calibration, terminal);
  if (video) {
    const bool written = run_fit_splat_video(app, args.video, capture, args.output, terminal);
    if (!args.cameras.empty()) write_file(args.cameras, transforms_json(capture, capture.calibration()));
    if (!written || !args.score) return;
    const std::string scores =
        score_splat_video(args.output, capture, args.capture, args.html, settings, terminal.context());
    terminal.finish_line();
    if (!scores.empty()) fmt::print("{}: {}\n", args.output, scores);
    return;
  }
  Fitted fitted = splats ? fit_as_splats(args, capture, run, job) : fit_as_mesh(args, capture, job);
  std::string scores, page;
  if (args.score && !capture.frames_of(Split::kTest).empty()) {
    ReportPictures pictures;
    EvalOptions eval;
    eval.scale = fitted.score_scale;
    const EvalReport report = evaluate(fitted.asset, args.output, capture, eval, job,
                                       args.html.empty() ? ScoreObserver{} : pictures.observer());
    fitted.asset.record->held_out_json = mean_to_json(report);
    scores = fmt::format(", held-out PSNR {:.2f} dB, SSIM {:.4f}, FLIP {:.4f}", report.mean.psnr, report.mean.ssim,
                         report.mean.flip);
    if (!args.html.empty()) {
      page = report_page(report, pictures,
                         {fitted.asset, capture, args.capture, settings.command_line, fitted.facts, fitted.curve});
    }
  }
  for (const std::string& left_out : write_asset(fitted.asset, args.output)) terminal.warn(left_out);
  if (!page.empty()) write_file(args.html, page);
  if (!args.cameras.empty()) write_file(args.cameras, transforms_json(capture, fitted.calibration));
  if (!args.schedule.empty()) write_file(args.schedule, fitted.schedule_json);
  std::error_code ignored;
  std::filesystem::remove_all(checkpoint, ignored);
  terminal.finish_line();
  fmt::print("{}: {}{}\n", args.output, fitted.summary, scores);
}

}  // namespace

Command fit_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "fit",
      "Fits a scene to a capture and writes it as one .glb. Ctrl-C leaves a checkpoint; --resume goes on from it.");
  const auto args = std::make_shared<FitArguments>();
  app->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  app->add_option("--as", args->representation, "what to fit")
      ->required()
      ->check(CLI::IsMember({"mesh", "splats", "splat-video"}));
  app->add_option("-o,--output", args->output, "the file to write: .glb; .ply or .spz of splats")->required();
  app->add_option("--checkpoint", args->checkpoint, "folder of the checkpoint (default: OUTPUT.checkpoint)");
  app->add_flag("--resume", args->resume, "go on from the checkpoint of a run that was stopped");
  app->add_flag("--check,!--no-check", args->check,
                "refuse captures whose depth contradicts their poses (default: on)");
  app->add_flag("--score,!--no-score", args->score, "score the held-out frames and record it (default: on)");
  app->add_option("--html", args->html, "write a page with the held-out scores and pictures to this file");
  app->add_option(
         "--calibration", args->calibration,
         "colour camera of an unregistered rig: auto (estimated where the capture does not know it and it pays), "
         "none (as shipped), or a file that calibrate wrote")
      ->capture_default_str();
  app->add_option("--cameras", args->cameras,
                  "write every frame's colour camera, as calibrated, to this file (transforms.json)");
  app->add_option("--schedule", args->schedule, "write how far the fit was at each step, for --replay")
      ->group(kSplatGroup);
  app->add_option("--replay", args->replay, "repeat the run whose --schedule this file is, to the bit")
      ->group(kSplatGroup);
  CLI::Option* const snapshots =
      app->add_option("--snapshots", args->snapshots,
                      "write what the fit stands at into this folder now and then, as step-NNNNNNN.glb");
  snapshots->group(kSplatGroup);
  app->add_option("--snapshot-every", args->snapshot_every_s, "seconds from one snapshot to the next")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str()
      ->needs(snapshots)
      ->group(kSplatGroup);
  add_options(*app, args->splats, kSplatGroup);
  add_options(*app, args->mesh, kMeshGroup);
  add_splat_video_options(*app, args->video);
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args, app](const Settings& settings) { run_fit(*args, *app, settings); }};
}

}  // namespace diorama
