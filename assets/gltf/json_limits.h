#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace diorama {

inline constexpr size_t kMaxJsonBytes = size_t{64} << 20;  // nlohmann-json needs up to 16 times that in memory
inline constexpr int kMaxJsonDepth = 64;                   // glTF itself needs 8; writing JSON back recurses

// Error kInvalidInput: longer or deeper than the above, not JSON (with the place), or not an object.
nlohmann::ordered_json parse_json_object(std::string_view text, const std::string& name);

}  // namespace diorama
