#include "reconstruction/provenance/asset_record.h"

#include "capture/rig.h"
#include "reconstruction/provenance/upright.h"

namespace diorama {

AssetRecord asset_record(const Capture& capture, std::string representation, std::string options_json) {
  const auto& calibration = capture.calibration();
  AssetRecord record;
  record.tool_version = DIORAMA_VERSION;
  record.representation = std::move(representation);
  record.capture_name = capture.name();
  record.options_json = std::move(options_json);
  record.held_out_json = "{}";
  record.calibration_json = calibration ? to_json(*calibration) : "{}";
  record.asset_from_capture = upright_from(capture.conventions().up_in_world);
  return record;
}

}  // namespace diorama
