#include "reconstruction/provenance/asset_record.h"

#include "capture/calibration_file.h"
#include "reconstruction/provenance/upright.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

// FNV-1a, as text.
std::string hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return fmt::format("{:016x}", hash);
}

}  // namespace

AssetRecord asset_record(const Capture& capture, std::string representation, std::string options_json) {
  const CaptureCalibration calibration = calibration_of(capture);
  const bool as_shipped = !calibration.rig && calibration.frames.empty();
  AssetRecord record;
  record.tool_version = DIORAMA_VERSION;
  record.representation = std::move(representation);
  record.capture_name = capture.name();
  record.options_json = std::move(options_json);
  record.held_out_json = "{}";
  record.calibration_json = as_shipped ? "{}" : to_json(calibration);
  record.asset_from_capture = upright_from(capture.conventions().up_in_world);
  return record;
}

std::string fit_identity(const Capture& capture, const std::vector<size_t>& frames, const std::string& options_json) {
  std::string ids;
  for (const size_t frame : frames) ids += capture.frames()[frame].id + '\n';
  const nlohmann::ordered_json json = {{"capture", capture.name()},
                                       {"frames", frames.size()},
                                       {"frame_ids", hash_of(ids)},
                                       {"calibration", hash_of(to_json(calibration_of(capture)))},
                                       {"options", nlohmann::ordered_json::parse(options_json)}};
  return json.dump();
}

}  // namespace diorama
