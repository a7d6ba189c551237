#include "tools/cli/choose_calibration.h"

#include "capture/calibration_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "reconstruction/calibration/calibrate.h"

namespace diorama {
namespace {

void estimate(Capture& capture, TerminalJob& terminal) {
  CalibrationResult result;
  try {
    result = calibrate_rig(capture, {}, terminal.context());
  } catch (const Error& error) {
    // Too few frames or views for an estimate: the fit goes on with what was shipped, and says so.
    if (error.code() != ErrorCode::kInvalidInput) throw;
    terminal.warn(fmt::format("colour is used as shipped, not registered to depth: {}", error.what()));
    return;
  }
  if (!result.pays) {
    terminal.warn("colour is used as shipped, not registered to depth: no calibration makes the frames' colours agree");
    return;
  }
  capture.set_calibration(result.rig);
}

}  // namespace

void choose_calibration(Capture& capture, const std::string& choice, TerminalJob& terminal) {
  if (choice == "auto") {
    if (!capture.conventions().color_registered && !capture.calibration()) estimate(capture, terminal);
  } else if (choice == "none") {
    capture.set_calibration(std::nullopt);
  } else {
    with_context(std::filesystem::path(choice),
                 [&] { apply(capture_calibration_from_json(read_text_file(choice)), capture); });
  }
}

}  // namespace diorama
