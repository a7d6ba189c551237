#include "capture/calibration_file.h"

#include "capture/rig.h"
#include "engine/base/error.h"
#include "engine/scene/turn.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kDegree = std::numbers::pi / 180;
// A correction beyond is no refinement of a shipped pose or exposure.
constexpr double kLargestTurn_deg = 90, kLargestShift_mm = 1e5, kLargestGain = 100;
constexpr size_t kMaxFrames = 10'000'000;

std::string excerpt(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60);
}

// Three numbers whose sizes are between the limits.
glm::dvec3 read_triple(const Json& frame, size_t index, const char* key, double low, double high) {
  const auto found = frame.find(key);
  if (found == frame.end()) fail(ErrorCode::kInvalidInput, "the calibration's frames[{}] has no '{}'", index, key);
  glm::dvec3 values(0.0);
  bool good = found->is_array() && found->size() == 3;
  for (int i = 0; good && i < 3; ++i) {
    const Json& value = (*found)[static_cast<size_t>(i)];
    good = value.is_number() && std::abs(value.get<double>()) <= high && value.get<double>() >= low;
    if (good) values[i] = value.get<double>();
  }
  if (!good) {
    fail(ErrorCode::kInvalidInput, "the calibration's frames[{}].{} is {}, expected three numbers from {} to {}", index,
         key, excerpt(*found), low, high);
  }
  return values;
}

FrameCorrection read_frame(const Json& frame, size_t index) {
  const auto id = frame.is_object() ? frame.find("id") : frame.end();
  if (!frame.is_object() || id == frame.end() || !id->is_string()) {
    fail(ErrorCode::kInvalidInput, "the calibration's frames[{}] is {}, expected an object with an id", index,
         excerpt(frame));
  }
  FrameCorrection correction{.frame = id->get<std::string>(), .shipped_from_refined = {}};
  if (frame.contains("gain")) correction.gain = read_triple(frame, index, "gain", 1 / kLargestGain, kLargestGain);
  if (frame.contains("turn_deg") || frame.contains("shift_mm")) {
    const glm::dvec3 turn_deg = read_triple(frame, index, "turn_deg", -kLargestTurn_deg, kLargestTurn_deg);
    const glm::dvec3 shift_mm = read_triple(frame, index, "shift_mm", -kLargestShift_mm, kLargestShift_mm);
    correction.shipped_from_refined = {turn_from_vector(turn_deg * kDegree), glm::vec3(shift_mm / 1000.0)};
  }
  return correction;
}

Json rounded(glm::dvec3 v, double step) {
  const glm::dvec3 r = glm::round(v / step);
  const double per_unit = std::round(1 / step);  // dividing by a whole number gives the shortest decimals
  return {r.x / per_unit, r.y / per_unit, r.z / per_unit};
}

Json frame_json(const FrameCorrection& correction) {
  const glm::dvec3 turn_deg = turn_vector(correction.shipped_from_refined.rotation) / kDegree;
  const glm::dvec3 shift_mm = 1000.0 * glm::dvec3(correction.shipped_from_refined.translation);
  return {{"id", correction.frame},
          {"gain", rounded(glm::dvec3(correction.gain), 1e-6)},
          {"turn_deg", rounded(turn_deg, 1e-6)},
          {"shift_mm", rounded(shift_mm, 1e-4)}};
}

void check_version(const Json& object) {
  const auto version = object.find("version");
  if (version == object.end() || *version == kCalibrationVersion) return;
  fail(ErrorCode::kUnsupported, "the calibration has version {}, this build reads version {}; calibrate again",
       excerpt(*version), kCalibrationVersion);
}

}  // namespace

std::string to_json(const CaptureCalibration& calibration) {
  Json object{{"version", kCalibrationVersion}};
  if (calibration.rig) object.update(Json::parse(to_json(*calibration.rig)));
  for (const FrameCorrection& correction : calibration.frames) object["frames"].push_back(frame_json(correction));
  return object.dump();
}

CaptureCalibration capture_calibration_from_json(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) fail(ErrorCode::kInvalidInput, "the calibration is not a JSON object");
  check_version(object);
  CaptureCalibration calibration;
  const auto frames = object.contains("version") ? object.find("frames") : object.end();
  // A file of corrections alone has none of the rig's keys; one without both has nothing to say.
  if (frames == object.end() || object.contains("color_from_depth") || object.contains("focal")) {
    calibration.rig = rig_calibration_from_json(json);
  }
  if (frames == object.end()) return calibration;
  if (!frames->is_array() || frames->size() > kMaxFrames) {
    fail(ErrorCode::kInvalidInput, "the calibration's 'frames' is {}, expected a list of corrections",
         excerpt(*frames));
  }
  for (size_t i = 0; i < frames->size(); ++i) calibration.frames.push_back(read_frame((*frames)[i], i));
  return calibration;
}

CaptureCalibration calibration_of(const Capture& capture) {
  return {capture.calibration(), capture.corrections()};
}

void apply(const CaptureCalibration& calibration, Capture& capture) {
  capture.set_corrections(calibration.frames);
  if (calibration.rig) capture.set_calibration(calibration.rig);
}

}  // namespace diorama
