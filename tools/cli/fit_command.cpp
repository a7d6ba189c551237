#include "assets/gltf.h"
#include "capture/capture.h"
#include "capture/self_check.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "reconstruction/mesh/fit_mesh.h"
#include "tools/cli/choose_calibration.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"
#include "tools/eval/report_page.h"

namespace diorama {
namespace {

struct FitArguments {
  std::string capture, output, checkpoint, html, calibration = "auto";
  std::string representation = "mesh";
  bool resume = false, check = true, score = true;
  CaptureOptions capture_options;
  MeshFitOptions mesh;
};

void warn_all(TerminalJob& job, const Capture& capture) {
  for (const std::string& warning : capture.warnings()) job.warn(warning);
}

// Told before the fit, which takes long.
void require_scores_for_page(const FitArguments& args, const Capture& capture) {
  if (args.html.empty()) return;
  if (!args.score) fail(ErrorCode::kInvalidInput, "--html needs the scores; leave --no-score out");
  if (capture.frames_of(Split::kTest).empty()) {
    fail(ErrorCode::kInvalidInput, "{}: has no held-out frames to score; leave --html out", capture.name());
  }
}

std::string fit_page(const FitArguments& args, const Settings& settings, const Capture& capture, const MeshFit& fit,
                     const EvalReport& report, const ReportPictures& pictures) {
  const MeshFitStats& stats = fit.stats;
  return report_page(report, pictures,
                     {fit.asset,
                      capture,
                      args.capture,
                      settings.command_line,
                      {{"Fused frames", std::to_string(stats.frames)},
                       {"Triangles before simplification", std::to_string(stats.triangles_fused)}}});
}

void run_fit(const FitArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  JobContext& job = terminal.context();
  const std::filesystem::path checkpoint = args.checkpoint.empty() ? std::filesystem::path(args.output + ".checkpoint")
                                                                   : std::filesystem::path(args.checkpoint);
  job.checkpoint_dir = checkpoint;
  job.resume = args.resume;
  Capture capture = open_capture(args.capture, args.capture_options);
  warn_all(terminal, capture);
  require_scores_for_page(args, capture);
  if (args.check) require_sound(capture, check_capture(capture, {}, job));
  choose_calibration(capture, args.calibration, terminal);
  MeshFit fit = fit_mesh(capture, args.mesh, job);
  std::string scores, page;
  if (args.score && !capture.frames_of(Split::kTest).empty()) {
    ReportPictures pictures;
    const EvalReport report =
        evaluate(fit.asset, args.output, capture, {}, job, args.html.empty() ? ScoreObserver{} : pictures.observer());
    fit.asset.record->held_out_json = mean_to_json(report);
    scores = fmt::format(", held-out PSNR {:.2f} dB, SSIM {:.4f}, FLIP {:.4f}", report.mean.psnr, report.mean.ssim,
                         report.mean.flip);
    if (!args.html.empty()) page = fit_page(args, settings, capture, fit, report, pictures);
  }
  write_glb(fit.asset, args.output);
  if (!page.empty()) write_file(args.html, page);
  std::error_code ignored;
  std::filesystem::remove_all(checkpoint, ignored);
  terminal.finish_line();
  fmt::print("{}: {} triangles, {} vertices from {} frames ({} triangles before simplification){}\n", args.output,
             fit.stats.triangles, fit.stats.vertices, fit.stats.frames, fit.stats.triangles_fused, scores);
}

}  // namespace

Command fit_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "fit",
      "Fits a scene to a capture and writes it as one .glb. Ctrl-C leaves a checkpoint; --resume goes on from it.");
  const auto args = std::make_shared<FitArguments>();
  app->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  app->add_option("--as", args->representation, "what to fit")->required()->check(CLI::IsMember({"mesh"}));
  app->add_option("-o,--output", args->output, "the .glb to write")->required();
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
  add_options(*app, args->mesh, "Fusion and mesh");
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_fit(*args, settings); }};
}

}  // namespace diorama
