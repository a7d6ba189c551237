#include "assets/gltf/json_node.h"
#include "assets/sog.h"
#include "assets/sog/sog_meta.h"
#include "assets/sog_levels.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_order.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace diorama {
namespace {

constexpr uint64_t kMostLevels = 64;
constexpr uint64_t kMostMetaBytes = uint64_t{64} << 20;

// Splats of one box in a file.
struct Range {
  size_t file = 0;
  uint64_t offset = 0, count = 0;
};

struct Levels {
  std::vector<std::string> files;
  std::vector<std::vector<Range>> ranges;  // by level
  std::optional<std::string> environment;
};

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

Range range_of(const JsonNode& node, size_t file_count) {
  Range range{.file = node.at("file").index(file_count, "filenames"),
              .offset = node.whole_number("offset", 0),
              .count = node.at("count").whole_number()};
  if (range.offset > kMostSogSplats || range.count > kMostSogSplats) {
    fail(ErrorCode::kInvalidInput, "{} has {} splats at {}, a SOG holds {}", node.where(), range.count, range.offset,
         kMostSogSplats);
  }
  return range;
}

// A leaf without a level is drawn by its next coarser one, or else its finest.
void add_leaf(const JsonNode& lods, Levels& levels) {
  std::vector<std::optional<Range>> own(levels.ranges.size());
  for (size_t level = 0; level < own.size(); ++level) {
    const std::optional<JsonNode> node = lods.find(std::to_string(level).c_str());
    if (node) own[level] = range_of(*node, levels.files.size());
  }
  const auto finest = std::find_if(own.begin(), own.end(), [](const auto& range) { return range.has_value(); });
  if (finest == own.end()) return;
  for (size_t level = 0; level < own.size(); ++level) {
    const auto next = std::find_if(own.begin() + static_cast<ptrdiff_t>(level), own.end(),
                                   [](const auto& range) { return range.has_value(); });
    levels.ranges[level].push_back(next != own.end() ? **next : **finest);
  }
}

void add_node(const JsonNode& node, Levels& levels) {
  if (const std::optional<JsonNode> lods = node.find("lods")) add_leaf(*lods, levels);
  for (const JsonNode& child : node.elements("children")) add_node(child, levels);
}

Levels parse_levels(std::string_view text) {
  const nlohmann::json json = parse_json_object(text, "lod-meta.json");
  const JsonNode root(json, "");
  const uint64_t version = root.whole_number("version", 1), count = root.at("lodLevels").whole_number();
  if (version != 1) fail(ErrorCode::kUnsupported, "is of version {}, this build reads 1", version);
  if (count == 0 || count > kMostLevels) {
    fail(ErrorCode::kInvalidInput, "lodLevels is {}, expected 1 to {}", count, kMostLevels);
  }
  Levels levels;
  for (const JsonNode& name : root.at("filenames").elements()) levels.files.push_back(checked_file(name));
  levels.ranges.resize(count);
  add_node(root.at("tree"), levels);
  const std::optional<JsonNode> environment = root.find("environment");
  if (environment && !environment->value().is_null()) levels.environment = checked_file(*environment);
  return levels;
}

uint64_t count_of(const std::vector<Range>& ranges) {
  return std::accumulate(ranges.begin(), ranges.end(), uint64_t{0},
                         [](uint64_t sum, const Range& range) { return sum + range.count; });
}

class LevelsReader {
 public:
  LevelsReader(Levels levels, std::filesystem::path folder) : levels_(std::move(levels)), folder_(std::move(folder)) {}

  Asset read(size_t max_splats);

 private:
  bool is_there(const std::vector<Range>& ranges) const;
  size_t choose(size_t max_splats, std::vector<std::string>& notes) const;
  void add_file(const std::string& name, const std::vector<Range>& ranges, Asset& pieces) const;

  Levels levels_;
  std::filesystem::path folder_;
};

bool LevelsReader::is_there(const std::vector<Range>& ranges) const {
  std::set<size_t> files;
  for (const Range& range : ranges) files.insert(range.file);
  std::error_code ignored;
  return !files.empty() && std::all_of(files.begin(), files.end(), [&](size_t file) {
    return std::filesystem::is_regular_file(folder_ / levels_.files[file], ignored);
  });
}

size_t LevelsReader::choose(size_t max_splats, std::vector<std::string>& notes) const {
  std::vector<size_t> there;
  std::vector<std::string> absent;
  for (size_t level = 0; level < levels_.ranges.size(); ++level) {
    if (is_there(levels_.ranges[level])) {
      there.push_back(level);
    } else {
      absent.push_back(std::to_string(level));
    }
  }
  if (there.empty()) fail(ErrorCode::kNotFound, "none of its {} levels has its files there", levels_.ranges.size());
  if (!absent.empty()) {
    notes.push_back(fmt::format("level{} {} of the {} {} absent; the others are used", absent.size() == 1 ? "" : "s",
                                fmt::join(absent, ", "), levels_.ranges.size(), absent.size() == 1 ? "is" : "are"));
  }
  for (const size_t level : there) {
    if (max_splats == 0 || count_of(levels_.ranges[level]) <= max_splats) return level;
  }
  fail(ErrorCode::kInvalidInput, "its coarsest level has {} splats, more than the {} allowed (--max-splats)",
       count_of(levels_.ranges[there.back()]), max_splats);
}

// The ranges of one file as clouds of `pieces`; without ranges all of it.
void LevelsReader::add_file(const std::string& name, const std::vector<Range>& ranges, Asset& pieces) const {
  Asset file = read_sog(folder_ / name);
  const SplatCloud& cloud = file.splats.at(0).cloud;
  std::vector<uint32_t> order;
  for (const Range& range : ranges) {
    if (range.offset > cloud.size() || range.count > cloud.size() - range.offset) {
      fail(ErrorCode::kInvalidInput, "has {} splats in {}, but a box of lod-meta.json has {} from {} on", cloud.size(),
           name, range.count, range.offset);
    }
    for (uint64_t i = 0; i < range.count; ++i) order.push_back(static_cast<uint32_t>(range.offset + i));
    if (order.size() > cloud.size()) fail(ErrorCode::kInvalidInput, "has splats of {} in two boxes", name);
  }
  pieces.splats.push_back({.name = name, .cloud = ranges.empty() ? cloud : gathered(cloud, order)});
  pieces.notes.insert(pieces.notes.end(), file.notes.begin(), file.notes.end());
  if (!pieces.record) pieces.record = std::move(file.record);
}

Asset LevelsReader::read(size_t max_splats) {
  Asset pieces;
  const size_t level = choose(max_splats, pieces.notes);
  for (size_t file = 0; file < levels_.files.size(); ++file) {
    std::vector<Range> own;
    std::copy_if(levels_.ranges[level].begin(), levels_.ranges[level].end(), std::back_inserter(own),
                 [&](const Range& range) { return range.file == file; });
    if (!own.empty()) add_file(levels_.files[file], own, pieces);
  }
  if (levels_.environment) add_file(*levels_.environment, {}, pieces);
  Asset asset{.record = std::move(pieces.record), .notes = std::move(pieces.notes)};
  asset.splats.push_back({.name = fmt::format("level {}", level), .cloud = merged_splats(pieces)});
  return asset;
}

}  // namespace

bool is_sog_levels(const std::filesystem::path& path) {
  std::error_code ignored;
  return path.filename() == "lod-meta.json" || std::filesystem::is_regular_file(path / "lod-meta.json", ignored);
}

Asset read_sog_levels(const std::filesystem::path& path, size_t max_splats) {
  const std::filesystem::path meta = path.filename() == "lod-meta.json" ? path : path / "lod-meta.json";
  return with_context(meta, [&] {
    return LevelsReader(parse_levels(read_text_file(meta, kMostMetaBytes)), meta.parent_path()).read(max_splats);
  });
}

}  // namespace diorama
