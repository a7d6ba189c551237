#pragma once

#include "assets/asset.h"

#include <nlohmann/json.hpp>

namespace diorama {

// asset.extras.diorama, described in docs/assets.md.
inline constexpr int kAssetRecordVersion = 1;

// Error kInvalidInput: one of the record's JSON strings is not a JSON object.
nlohmann::ordered_json record_to_json(const AssetRecord& record, const Bounds& bounds);

// Error kUnsupported: another version, named. kInvalidInput: a missing key or a wrong type.
AssetRecord record_from_json(const nlohmann::ordered_json& json);

}  // namespace diorama
