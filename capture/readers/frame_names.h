#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace diorama {

// File name without its extension and without 7-Scenes' ".color": "frame-000005".
std::string frame_id_of(const std::filesystem::path& image);

// 7-Scenes' way of naming says that colour is as the second camera of the sensor saw it: not registered to depth.
bool names_unregistered_color(const std::filesystem::path& color, const std::filesystem::path& depth);

// "3 images are missing and were left out, the first is X"; empty for none.
std::string missing_warning(size_t count, std::string_view what, const std::string& first);

}  // namespace diorama
