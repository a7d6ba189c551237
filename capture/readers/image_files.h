#pragma once

#include <filesystem>
#include <vector>

namespace diorama {

// Whether a regular file (a folder) is there; a path that cannot be looked at is none.
bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// The files of a folder that are named like images (.png .jpg .jpeg .webp, any case), sorted by name. Empty where the
// folder cannot be read.
std::vector<std::filesystem::path> image_files(const std::filesystem::path& folder);

}  // namespace diorama
