#pragma once

#include "engine/scene/mesh.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// Splats of one box in a file.
struct SogLevelRange {
  size_t file = 0;
  uint64_t offset = 0, count = 0;
};

struct SogLevelBox {
  Bounds bounds;                                     // in the files' frame; empty: the file does not tell
  std::vector<std::optional<SogLevelRange>> levels;  // at least one
};

// lod-meta.json of a streamed SOG.
struct SogLevelsMeta {
  std::vector<std::string> files;  // below its folder
  size_t level_count = 0;
  std::vector<SogLevelBox> boxes;
  std::optional<std::string> environment;
};

// Error kInvalidInput: damage, by place; kUnsupported: another version.
SogLevelsMeta parse_sog_levels_meta(std::string_view text);

// The file of a folder, or of itself. Error as read_text_file and parse_sog_levels_meta.
std::filesystem::path sog_levels_meta_path(const std::filesystem::path& path);
SogLevelsMeta read_sog_levels_meta(const std::filesystem::path& meta_path);

// Error kInvalidInput: a file of so many splats does not reach to the range's end.
void check_sog_level_range(const SogLevelRange& range, uint64_t splats, const std::string& file);

// Whether each of its files is there.
std::vector<bool> sog_level_files_there(const SogLevelsMeta& meta, const std::filesystem::path& folder);

// A sentence that names the levels of which not all files are there; nothing where all are. Error kNotFound: no level
// is whole.
std::optional<std::string> absent_sog_levels(const SogLevelsMeta& meta, const std::vector<bool>& files_there);

}  // namespace diorama
