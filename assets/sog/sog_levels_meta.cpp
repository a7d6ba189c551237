#include "assets/sog/sog_levels_meta.h"

#include "assets/gltf/json_node.h"
#include "assets/sog/sog_meta.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr uint64_t kMostLevels = 64;
constexpr uint64_t kMostMetaBytes = uint64_t{64} << 20;

// Relative, downwards only.
std::string checked_file(const JsonNode& node) {
  const std::string name = node.text();
  const std::filesystem::path path(name);
  const bool climbs = std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  if (name.empty() || path.is_absolute() || climbs || name.find_first_of("\\:") != std::string::npos ||
      name.find('\0') != std::string::npos) {
    fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected a file below lod-meta.json", node.where(), name);
  }
  return name;
}

SogLevelRange range_of(const JsonNode& node, size_t file_count) {
  SogLevelRange range{.file = node.at("file").index(file_count, "filenames"),
                      .offset = node.whole_number("offset", 0),
                      .count = node.at("count").whole_number()};
  if (range.offset > kMostSogSplats || range.count > kMostSogSplats) {
    fail(ErrorCode::kInvalidInput, "{} has {} splats at {}, a SOG holds {}", node.where(), range.count, range.offset,
         kMostSogSplats);
  }
  return range;
}

Bounds bounds_of(const JsonNode& node) {
  constexpr double kMost_m = 1e15;  // squares of it are finite
  Bounds bounds;
  std::array<double, 3> low{}, high{};
  node.at("min").numbers(low);
  node.at("max").numbers(high);
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!(low[axis] >= -kMost_m && low[axis] <= high[axis] && high[axis] <= kMost_m)) {
      fail(ErrorCode::kInvalidInput, "{} reaches from {} to {} along axis {}, expected a box", node.where(), low[axis],
           high[axis], axis);
    }
    bounds.min[static_cast<int>(axis)] = static_cast<float>(low[axis]);
    bounds.max[static_cast<int>(axis)] = static_cast<float>(high[axis]);
  }
  return bounds;
}

void add_node(const JsonNode& node, SogLevelsMeta& meta) {
  if (const std::optional<JsonNode> lods = node.find("lods")) {
    SogLevelBox box;
    if (const std::optional<JsonNode> bound = node.find("bound")) box.bounds = bounds_of(*bound);
    bool any = false;
    for (size_t level = 0; level < meta.level_count; ++level) {
      const std::optional<JsonNode> range = lods->find(std::to_string(level).c_str());
      box.levels.push_back(range ? std::optional(range_of(*range, meta.files.size())) : std::nullopt);
      any = any || range;
    }
    if (any) meta.boxes.push_back(std::move(box));
  }
  for (const JsonNode& child : node.elements("children")) add_node(child, meta);
}

}  // namespace

SogLevelsMeta parse_sog_levels_meta(std::string_view text) {
  const nlohmann::json json = parse_json_object(text, "lod-meta.json");
  const JsonNode root(json, "");
  const uint64_t version = root.whole_number("version", 1), count = root.at("lodLevels").whole_number();
  if (version != 1) fail(ErrorCode::kUnsupported, "is of version {}, this build reads 1", version);
  if (count == 0 || count > kMostLevels) {
    fail(ErrorCode::kInvalidInput, "lodLevels is {}, expected 1 to {}", count, kMostLevels);
  }
  SogLevelsMeta meta{.level_count = count};
  for (const JsonNode& name : root.at("filenames").elements()) meta.files.push_back(checked_file(name));
  add_node(root.at("tree"), meta);
  const std::optional<JsonNode> environment = root.find("environment");
  if (environment && !environment->value().is_null()) meta.environment = checked_file(*environment);
  return meta;
}

std::filesystem::path sog_levels_meta_path(const std::filesystem::path& path) {
  return path.filename() == "lod-meta.json" ? path : path / "lod-meta.json";
}

SogLevelsMeta read_sog_levels_meta(const std::filesystem::path& meta_path) {
  return parse_sog_levels_meta(read_text_file(meta_path, kMostMetaBytes));
}

void check_sog_level_range(const SogLevelRange& range, uint64_t splats, const std::string& file) {
  if (range.offset > splats || range.count > splats - range.offset) {
    fail(ErrorCode::kInvalidInput, "has {} splats in {}, but a box of lod-meta.json has {} from {} on", splats, file,
         range.count, range.offset);
  }
}

std::vector<bool> sog_level_files_there(const SogLevelsMeta& meta, const std::filesystem::path& folder) {
  std::vector<bool> there;
  std::error_code ignored;
  for (const std::string& file : meta.files) {
    there.push_back(std::filesystem::is_regular_file(folder / file, ignored));
  }
  return there;
}

std::optional<std::string> absent_sog_levels(const SogLevelsMeta& meta, const std::vector<bool>& files_there) {
  std::vector<std::string> absent;
  for (size_t level = 0; level < meta.level_count; ++level) {
    const bool is_there = std::all_of(meta.boxes.begin(), meta.boxes.end(), [&](const SogLevelBox& box) {
      return !box.levels[level] || files_there[box.levels[level]->file];
    });
    if (!is_there) absent.push_back(std::to_string(level));
  }
  if (absent.size() == meta.level_count) {
    fail(ErrorCode::kNotFound, "none of its {} levels has its files there", meta.level_count);
  }
  if (absent.empty()) return std::nullopt;
  return fmt::format("level{} {} of the {} {} absent; the others are used", absent.size() == 1 ? "" : "s",
                     fmt::join(absent, ", "), meta.level_count, absent.size() == 1 ? "is" : "are");
}

}  // namespace diorama
