#include "engine/base/file.h"
#include "reconstruction/calibration/report.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct CalibrateArguments {
  std::string capture, output, start;
  bool exposure = false, poses = false;
  CalibrationOptions options;
  PoseOptions pose_options;
  CaptureOptions capture_options;
};

// The colour camera, where nothing else was asked for or the rest needs it.
void find_rig(const CalibrateArguments& args, Capture& capture, JobContext& job, CalibrationReport& report) {
  const bool known = capture.conventions().color_registered || capture.calibration();
  if ((args.exposure || args.poses) && (known || !args.start.empty())) return;
  report.rig = calibrate_rig(capture, args.options, job);
  if (report.rig->pays) capture.set_calibration(report.rig->rig);
}

void run_calibrate(const CalibrateArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  Capture capture = open_capture(args.capture, args.capture_options);
  for (const std::string& warning : capture.warnings()) terminal.warn(warning);
  CalibrationReport report;
  CaptureCalibration start;
  if (!args.start.empty()) {
    start = with_context(std::filesystem::path(args.start),
                         [&] { return capture_calibration_from_json(read_text_file(args.start)); });
    if (start.rig) capture.set_calibration(start.rig);
  }
  find_rig(args, capture, terminal.context(), report);
  if (args.poses) {
    PoseOptions options = args.pose_options;
    options.voxel_m = args.options.voxel_m;
    report.poses = refine_poses(capture, options, terminal.context());
    capture.set_corrections(calibration_from(report, capture, false).frames);
  }
  if (args.exposure) report.exposures = refine_exposures(capture, {args.options.voxel_m}, terminal.context());
  CaptureCalibration found = calibration_from(report, capture, false);
  if (!found.rig) found.rig = start.rig;
  terminal.finish_line();
  if (!args.output.empty()) write_output(args.output, to_json(report, found));
  if (args.output != "-") write_output("-", to_text(report));
}

}  // namespace

Command calibrate_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "calibrate",
      "Finds what a capture does not say: the colour camera of a rig whose colour is not registered to its depth "
      "(focal "
      "length, principal point, offset), and on demand the exposure and the pose of each training frame.");
  const auto args = std::make_shared<CalibrateArguments>();
  app->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  app->add_option("-o,--output", args->output, "write the calibration to this file (JSON); - is standard output");
  app->add_flag("--exposure", args->exposure, "refine the exposure of each training frame: a gain a channel");
  app->add_flag("--poses", args->poses, "refine the pose of each training frame against the fused surface");
  app->add_option("--calibration", args->start,
                  "with --exposure or --poses: take the colour camera from this file that calibrate wrote");
  add_options(*app, args->options, "Calibration");
  add_options(*app, args->pose_options, "Poses");
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_calibrate(*args, settings); }};
}

}  // namespace diorama
