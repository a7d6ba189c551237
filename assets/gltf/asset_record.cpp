#include "assets/gltf/asset_record.h"

#include "engine/base/error.h"

#include <array>

namespace diorama {
namespace {

using OrderedJson = nlohmann::ordered_json;

nlohmann::json object_from_text(const std::string& text, const char* key) {
  return text.empty() ? nlohmann::json::object() : parse_json_object(text, fmt::format("the asset record's {}", key));
}

OrderedJson to_json(glm::vec3 v) {
  return OrderedJson::array({v.x, v.y, v.z});
}

std::string object_text(const JsonNode& node) {
  if (!node.value().is_object()) {
    fail(ErrorCode::kInvalidInput, "{} is a {}, expected an object", node.where(), node.value().type_name());
  }
  return node.value().dump();
}

void check_version(const JsonNode& node) {
  const uint64_t version = node.at("version").whole_number();
  if (version != kAssetRecordVersion) {
    fail(ErrorCode::kUnsupported, "{} has version {}, this build reads version {}; use a newer Diorama", node.where(),
         version, kAssetRecordVersion);
  }
}

Rigid motion_from_json(const JsonNode& node) {
  std::array<double, 16> matrix{};
  node.numbers(matrix);
  return with_context(node.where(), [&] { return rigid_from_row_major(matrix); });
}

}  // namespace

OrderedJson record_to_json(const AssetRecord& record, const Asset& asset) {
  const Bounds bounds = bounds_of(asset);
  const glm::mat4 asset_from_capture = to_mat4(record.asset_from_capture);
  OrderedJson matrix = OrderedJson::array();
  for (int i = 0; i < 16; ++i) matrix.push_back(asset_from_capture[i % 4][i / 4]);
  OrderedJson json;
  json["version"] = kAssetRecordVersion;
  json["tool_version"] = record.tool_version;
  json["representation"] = record.representation;
  json["capture"] = record.capture_name;
  json["options"] = object_from_text(record.options_json, "options");
  json["held_out"] = object_from_text(record.held_out_json, "held-out scores");
  json["calibration"] = object_from_text(record.calibration_json, "calibration");
  if (!asset.splats.empty()) json["antialiased"] = record.antialiased;
  if (!record.splat_groups.empty()) json["splat_groups"] = record.splat_groups;
  json["up_axis"] = "+Y";
  json["bounds"] = {{"min", to_json(bounds.min)}, {"max", to_json(bounds.max)}};
  json["asset_from_capture"] = std::move(matrix);
  return json;
}

AssetRecord record_from_json(const JsonNode& node) {
  check_version(node);
  AssetRecord record;
  record.tool_version = node.at("tool_version").text();
  record.representation = node.at("representation").text();
  record.capture_name = node.at("capture").text();
  record.options_json = object_text(node.at("options"));
  record.held_out_json = object_text(node.at("held_out"));
  record.calibration_json = object_text(node.at("calibration"));
  record.antialiased = node.boolean("antialiased", false);
  if (const auto groups = node.find("splat_groups")) record.splat_groups = groups->file_name();
  record.asset_from_capture = motion_from_json(node.at("asset_from_capture"));
  return record;
}

std::string record_to_text(const Asset& asset) {
  DIO_CHECK(asset.record.has_value());
  return record_to_json(*asset.record, asset).dump(-1, ' ', true, OrderedJson::error_handler_t::replace);
}

AssetRecord record_from_text(std::string_view text) {
  constexpr const char* kName = "the file's record of Diorama";
  const nlohmann::json json = parse_json_object(text, kName);
  return record_from_json(JsonNode(json, kName));
}

}  // namespace diorama
