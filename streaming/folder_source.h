#pragma once

#include "streaming/byte_source.h"

#include <filesystem>

namespace diorama {

// Files in the asset's folder, read on a thread of their own.
std::unique_ptr<ByteSource> open_folder_source(const std::filesystem::path& asset);

}  // namespace diorama
