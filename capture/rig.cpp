#include "capture/rig.h"

#include "engine/base/error.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

template <size_t N>
std::array<double, N> numbers(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() != N) {
    fail(ErrorCode::kInvalidInput, "the rig calibration has no '{}' of {} numbers", key, N);
  }
  std::array<double, N> values{};
  for (size_t i = 0; i < N; ++i) {
    if (!(*found)[i].is_number()) {
      fail(ErrorCode::kInvalidInput, "the rig calibration's '{}' holds {}, expected numbers", key,
           (*found)[i].dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    values[i] = (*found)[i].get<double>();
  }
  return values;
}

// Beyond, the model folds the picture: no lens of a camera is like that.
constexpr double kLargestDistortion = 10;

LensDistortion read_lens(const Json& object) {
  LensDistortion lens;
  const auto found = object.find("distortion");
  if (found == object.end()) return lens;
  if (!found->is_object()) fail(ErrorCode::kInvalidInput, "the rig calibration's 'distortion' is not an object");
  for (const auto& [name, value] : found->items()) {
    double* const coefficient = name == "k1"   ? &lens.k1
                                : name == "k2" ? &lens.k2
                                : name == "k3" ? &lens.k3
                                : name == "p1" ? &lens.p1
                                : name == "p2" ? &lens.p2
                                               : nullptr;
    if (coefficient == nullptr) {
      fail(ErrorCode::kInvalidInput, "the rig calibration's distortion has '{}', expected k1 k2 k3 p1 p2", name);
    }
    if (!value.is_number() || !(std::abs(value.get<double>()) <= kLargestDistortion)) {
      fail(ErrorCode::kInvalidInput, "the rig calibration's distortion {} is {}, expected a number up to {}", name,
           value.dump(-1, ' ', false, Json::error_handler_t::replace), kLargestDistortion);
    }
    *coefficient = value.get<double>();
  }
  return lens;
}

}  // namespace

Camera color_camera(const Frame& frame, const std::optional<RigCalibration>& calibration) {
  if (!calibration || !frame.depth) return frame.color;
  Camera camera = resized(calibration->color, frame.color.size_px);
  camera.world_from_camera = frame.depth->world_from_camera * inverse(calibration->color_from_depth);
  return camera;
}

std::string to_json(const RigCalibration& calibration) {
  const Camera& color = calibration.color;
  const Rigid& motion = calibration.color_from_depth;
  Json matrix = Json::array();
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) matrix.push_back(motion.rotation[column][row]);
    matrix.push_back(motion.translation[row]);
  }
  for (const int value : {0, 0, 0, 1}) matrix.push_back(value);
  Json object{{"size", {color.size_px.x, color.size_px.y}},
              {"focal", {color.focal_px.x, color.focal_px.y}},
              {"center", {color.center_px.x, color.center_px.y}},
              {"color_from_depth", std::move(matrix)}};
  const LensDistortion& lens = calibration.lens;
  if (!lens.is_none()) {
    object["distortion"] = {{"k1", lens.k1}, {"k2", lens.k2}, {"k3", lens.k3}, {"p1", lens.p1}, {"p2", lens.p2}};
  }
  return object.dump();
}

RigCalibration rig_calibration_from_json(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) fail(ErrorCode::kInvalidInput, "the rig calibration is not a JSON object");
  const auto size = numbers<2>(object, "size"), focal = numbers<2>(object, "focal"),
             center = numbers<2>(object, "center");
  for (const double side : size) {
    if (!(side >= 1 && side <= 32768)) fail(ErrorCode::kInvalidInput, "the rig calibration's size is {}", side);
  }
  RigCalibration calibration;
  calibration.color.size_px = {static_cast<int>(size[0]), static_cast<int>(size[1])};
  calibration.color.focal_px = {focal[0], focal[1]};
  calibration.color.center_px = {center[0], center[1]};
  check_camera(calibration.color);
  calibration.color_from_depth = rigid_from_row_major(numbers<16>(object, "color_from_depth"));
  calibration.lens = read_lens(object);
  return calibration;
}

}  // namespace diorama
