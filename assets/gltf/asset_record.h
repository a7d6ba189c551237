#pragma once

#include "assets/asset.h"
#include "assets/gltf/json_node.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace diorama {

// asset.extras.diorama, described in docs/assets.md.
inline constexpr int kAssetRecordVersion = 1;

// Bounds are those of `asset`, and `antialiased` is told where it has splats. Keys of options, held_out and calibration
// are sorted. Error kInvalidInput: one of the record's JSON strings is not a
// JSON object.
nlohmann::ordered_json record_to_json(const AssetRecord& record, const Asset& asset);

// Error kUnsupported: another version, named. kInvalidInput: a missing key or a wrong type.
AssetRecord record_from_json(const JsonNode& node);

// The asset's record as one line of ASCII, and back, for formats that hold it as text.
std::string record_to_text(const Asset& asset);  // the asset must have one
AssetRecord record_from_text(std::string_view text);

}  // namespace diorama
