#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

bool is_data_uri(std::string_view uri);

// Bytes of data:[type];base64,... Error kInvalidInput: another encoding, characters outside the alphabet.
std::vector<std::byte> decode_data_uri(std::string_view uri);

// A file beside the asset. Error kInvalidInput: absolute, of another scheme (https:), or leaving the folder by "..".
std::filesystem::path resolve_uri(std::string_view uri, const std::filesystem::path& folder);

}  // namespace diorama
