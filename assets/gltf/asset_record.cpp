#include "assets/gltf/asset_record.h"

#include "assets/gltf/json_limits.h"
#include "engine/base/error.h"

#include <array>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kWhere = "asset.extras.diorama";

Json object_from_text(const std::string& text, const char* key) {
  return text.empty() ? Json::object() : parse_json_object(text, fmt::format("{}.{}", kWhere, key));
}

Json to_json(glm::vec3 v) {
  return Json::array({v.x, v.y, v.z});
}

const Json& member(const Json& json, const char* key, Json::value_t type) {
  const auto found = json.find(key);
  if (found == json.end()) fail(ErrorCode::kInvalidInput, "{}.{} is missing", kWhere, key);
  if (found->type() != type) {
    fail(ErrorCode::kInvalidInput, "{}.{} is a {}, expected a {}", kWhere, key, found->type_name(),
         Json(type).type_name());
  }
  return *found;
}

std::string text_member(const Json& json, const char* key) {
  return member(json, key, Json::value_t::string).get<std::string>();
}

std::string object_text(const Json& json, const char* key) {
  return member(json, key, Json::value_t::object).dump();
}

void check_version(const Json& json) {
  const auto version = json.find("version");
  if (version == json.end() || !version->is_number_integer()) {
    fail(ErrorCode::kInvalidInput, "{}.version is missing or no whole number", kWhere);
  }
  if (*version != kAssetRecordVersion) {
    fail(ErrorCode::kUnsupported, "{} has version {}, this build reads version {}; use a newer Diorama", kWhere,
         version->dump(), kAssetRecordVersion);
  }
}

Rigid motion_from_json(const Json& json) {
  std::array<double, 16> matrix{};
  if (json.size() != matrix.size()) {
    fail(ErrorCode::kInvalidInput, "{}.asset_from_capture has {} numbers, expected 16", kWhere, json.size());
  }
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (!json[i].is_number()) fail(ErrorCode::kInvalidInput, "{}.asset_from_capture[{}] is no number", kWhere, i);
    matrix[i] = json[i].get<double>();
  }
  return with_context(fmt::format("{}.asset_from_capture", kWhere), [&] { return rigid_from_row_major(matrix); });
}

}  // namespace

Json record_to_json(const AssetRecord& record, const Bounds& bounds) {
  const glm::mat4 asset_from_capture = to_mat4(record.asset_from_capture);
  Json matrix = Json::array();
  for (int i = 0; i < 16; ++i) matrix.push_back(asset_from_capture[i % 4][i / 4]);
  Json json;
  json["version"] = kAssetRecordVersion;
  json["tool_version"] = record.tool_version;
  json["representation"] = record.representation;
  json["capture"] = record.capture_name;
  json["options"] = object_from_text(record.options_json, "options");
  json["held_out"] = object_from_text(record.held_out_json, "held_out");
  json["calibration"] = object_from_text(record.calibration_json, "calibration");
  json["up_axis"] = "+Y";
  json["bounds"] = {{"min", to_json(bounds.min)}, {"max", to_json(bounds.max)}};
  json["asset_from_capture"] = std::move(matrix);
  return json;
}

AssetRecord record_from_json(const Json& json) {
  if (!json.is_object()) fail(ErrorCode::kInvalidInput, "{} is a {}, expected an object", kWhere, json.type_name());
  check_version(json);
  AssetRecord record;
  record.tool_version = text_member(json, "tool_version");
  record.representation = text_member(json, "representation");
  record.capture_name = text_member(json, "capture");
  record.options_json = object_text(json, "options");
  record.held_out_json = object_text(json, "held_out");
  record.calibration_json = object_text(json, "calibration");
  record.asset_from_capture = motion_from_json(member(json, "asset_from_capture", Json::value_t::array));
  return record;
}

}  // namespace diorama
