#include "capture/rig.h"
#include "reconstruction/calibration/calibrate.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

namespace diorama {
namespace {

struct CalibrateArguments {
  std::string capture, output;
  bool json = false;
  CalibrationOptions options;
  CaptureOptions capture_options;
};

void run_calibrate(const CalibrateArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const Capture capture = open_capture(args.capture, args.capture_options);
  for (const std::string& warning : capture.warnings()) terminal.warn(warning);
  const CalibrationResult result = calibrate_rig(capture, args.options, terminal.context());
  terminal.finish_line();
  if (!args.output.empty()) write_output(args.output, to_json(result));
  if (args.output != "-") write_output("-", to_text(result));
}

}  // namespace

Command calibrate_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("calibrate",
                                         "Finds the colour camera of a rig whose colour is not registered to its "
                                         "depth: focal length, principal point, offset.");
  const auto args = std::make_shared<CalibrateArguments>();
  app->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  app->add_option("-o,--output", args->output, "write the calibration to this file (JSON); - is standard output");
  add_options(*app, args->options, "Calibration");
  add_options(*app, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_calibrate(*args, settings); }};
}

}  // namespace diorama
