#include "assets/sog.h"
#include "assets/sog/sog_levels_meta.h"
#include "assets/sog_levels.h"
#include "engine/base/error.h"
#include "engine/scene/splat_order.h"

#include <algorithm>
#include <string>
#include <vector>

namespace diorama {
namespace {

// A box without a level is drawn by its next coarser one, or else its finest.
SogLevelRange range_at(const SogLevelBox& box, size_t level) {
  const auto is_there = [](const auto& range) { return range.has_value(); };
  const auto next = std::find_if(box.levels.begin() + static_cast<ptrdiff_t>(level), box.levels.end(), is_there);
  return next != box.levels.end() ? **next : **std::find_if(box.levels.begin(), box.levels.end(), is_there);
}

class LevelsReader {
 public:
  LevelsReader(SogLevelsMeta meta, std::filesystem::path folder)
      : meta_(std::move(meta)), folder_(std::move(folder)), there_(sog_level_files_there(meta_, folder_)) {}

  Asset read(size_t max_splats);

 private:
  bool is_there(size_t level) const;
  uint64_t count_of(size_t level) const;
  size_t choose(size_t max_splats) const;
  void add_file(const std::string& name, const std::vector<SogLevelRange>& ranges, Asset& pieces) const;

  SogLevelsMeta meta_;
  std::filesystem::path folder_;
  std::vector<bool> there_;
};

bool LevelsReader::is_there(size_t level) const {
  return !meta_.boxes.empty() && std::all_of(meta_.boxes.begin(), meta_.boxes.end(),
                                             [&](const SogLevelBox& box) { return there_[range_at(box, level).file]; });
}

uint64_t LevelsReader::count_of(size_t level) const {
  uint64_t count = 0;
  for (const SogLevelBox& box : meta_.boxes) count += range_at(box, level).count;
  return count;
}

size_t LevelsReader::choose(size_t max_splats) const {
  std::optional<uint64_t> coarsest;
  for (size_t level = 0; level < meta_.level_count; ++level) {
    if (!is_there(level)) continue;
    coarsest = count_of(level);
    if (max_splats == 0 || *coarsest <= max_splats) return level;
  }
  if (!coarsest) fail(ErrorCode::kNotFound, "none of its {} levels has its files there", meta_.level_count);
  fail(ErrorCode::kInvalidInput, "its coarsest level has {} splats, more than the {} allowed (--max-splats)", *coarsest,
       max_splats);
}

// The ranges of one file as clouds of `pieces`; without ranges all of it.
void LevelsReader::add_file(const std::string& name, const std::vector<SogLevelRange>& ranges, Asset& pieces) const {
  Asset file = read_sog(folder_ / name);
  const SplatCloud& cloud = file.splats.at(0).cloud;
  std::vector<uint32_t> order;
  for (const SogLevelRange& range : ranges) {
    check_sog_level_range(range, cloud.size(), name);
    for (uint64_t i = 0; i < range.count; ++i) order.push_back(static_cast<uint32_t>(range.offset + i));
    if (order.size() > cloud.size()) fail(ErrorCode::kInvalidInput, "has splats of {} in two boxes", name);
  }
  pieces.splats.push_back({.name = name, .cloud = ranges.empty() ? cloud : gathered(cloud, order)});
  pieces.notes.insert(pieces.notes.end(), file.notes.begin(), file.notes.end());
  if (!pieces.record) pieces.record = std::move(file.record);
}

Asset LevelsReader::read(size_t max_splats) {
  Asset pieces;
  if (const auto note = absent_sog_levels(meta_, there_)) pieces.notes.push_back(*note);
  const size_t level = choose(max_splats);
  for (size_t file = 0; file < meta_.files.size(); ++file) {
    std::vector<SogLevelRange> own;
    for (const SogLevelBox& box : meta_.boxes) {
      if (const SogLevelRange range = range_at(box, level); range.file == file) own.push_back(range);
    }
    if (!own.empty()) add_file(meta_.files[file], own, pieces);
  }
  if (meta_.environment) add_file(*meta_.environment, {}, pieces);
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
  const std::filesystem::path meta = sog_levels_meta_path(path);
  return with_context(meta,
                      [&] { return LevelsReader(read_sog_levels_meta(meta), meta.parent_path()).read(max_splats); });
}

}  // namespace diorama
