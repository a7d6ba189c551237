#include "reconstruction/provenance/asset_record.h"

#include "capture/rig.h"
#include "reconstruction/provenance/upright.h"

#include <nlohmann/json.hpp>

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

std::string fit_identity(const Capture& capture, const std::vector<size_t>& frames, const std::string& options_json) {
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a over the frames' ids
  for (const size_t frame : frames) {
    for (const char c : capture.frames()[frame].id + '\n') {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
  }
  const nlohmann::ordered_json json = {{"capture", capture.name()},
                                       {"frames", frames.size()},
                                       {"frame_ids", fmt::format("{:016x}", hash)},
                                       {"options", nlohmann::ordered_json::parse(options_json)}};
  return json.dump();
}

}  // namespace diorama
