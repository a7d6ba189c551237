#include "assets/sog.h"
#include "assets/sog_levels.h"
#include "engine/base/error.h"
#include "engine/scene/splat_order.h"

#include <algorithm>
#include <numeric>

namespace diorama {
namespace {

// The box around a box that was moved.
Bounds moved(const Bounds& bounds, const Rigid& motion) {
  Bounds result;
  for (int corner = 0; corner < 8; ++corner) {
    const glm::bvec3 high(corner & 1, corner & 2, corner & 4);
    result.extend(motion * glm::mix(bounds.min, bounds.max, high));
  }
  return result;
}

}  // namespace

SogLevelSource::SogLevelSource(const std::filesystem::path& path) : meta_path_(sog_levels_meta_path(path)) {
  with_context(meta_path_, [&] {
    const SogLevelsMeta meta = read_sog_levels_meta(meta_path_);
    const std::vector<bool> there = sog_level_files_there(meta, meta_path_.parent_path());
    if (const auto note = absent_sog_levels(meta, there)) coarsest_.notes.push_back(*note);
    for (size_t box = 0; box < meta.boxes.size(); ++box) add_box(meta, box, there);
    if (meta.environment) add_environment(*meta.environment);
    if (nodes_.empty()) fail(ErrorCode::kInvalidInput, "has no box with splats");
    read_coarsest();
  });
}

// Levels that are there and coarser than the one before.
void SogLevelSource::add_box(const SogLevelsMeta& meta, size_t box, const std::vector<bool>& there) {
  const SogLevelBox& own = meta.boxes[box];
  if (own.bounds.empty()) fail(ErrorCode::kInvalidInput, "box {} of its tree has no bound", box);
  SplatLodNode node{own.bounds, {}};
  std::vector<Part> parts;
  bool has_splats = false;
  for (size_t level = 0; level < own.levels.size(); ++level) {
    const std::optional<SogLevelRange>& range = own.levels[level];
    if (!range || range->count == 0) continue;
    has_splats = true;
    if (!there[range->file]) continue;
    if (!node.levels.empty() && range->count >= node.levels.back().splats) continue;
    node.levels.push_back({range->count, static_cast<int>(level)});
    parts.push_back({meta.files[range->file], range});
  }
  if (!has_splats) return;
  if (node.levels.empty()) fail(ErrorCode::kNotFound, "box {} of its tree has none of its levels there", box);
  nodes_.push_back(std::move(node));
  parts_.push_back(std::move(parts));
}

void SogLevelSource::add_environment(const std::string& name) {
  const SplatCloud& cloud = file(name).splats.at(0).cloud;
  nodes_.push_back({bounds_of(cloud), {{cloud.size(), 0}}});
  parts_.push_back({{name, std::nullopt}});
}

void SogLevelSource::read_coarsest() {
  Asset pieces;
  std::vector<std::string> told;
  for (size_t node = 0; node < nodes_.size(); ++node) {
    const std::string& name = parts_[node].back().file;
    pieces.splats.push_back({.name = name, .cloud = read(node, nodes_[node].levels.size() - 1)});
    if (std::find(told.begin(), told.end(), name) != told.end()) continue;
    told.push_back(name);
    const Asset& from = file(name);
    coarsest_.notes.insert(coarsest_.notes.end(), from.notes.begin(), from.notes.end());
    if (!coarsest_.record) coarsest_.record = from.record;
  }
  coarsest_.splats.push_back({.name = "coarsest levels", .cloud = merged_splats(pieces)});
  if (!coarsest_.record) return;
  // Boxes are in the frame of the files, splats come out of them in the asset's.
  for (size_t node = 0; node < nodes_.size(); ++node) {
    if (parts_[node].back().range) {
      nodes_[node].bounds = moved(nodes_[node].bounds, coarsest_.record->asset_from_capture);
    }
  }
}

const Asset& SogLevelSource::file(const std::string& name) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const KeptFile& kept) { return kept.name == name; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().asset;
  }
  kept_.push_front({name, read_sog(meta_path_.parent_path() / name)});
  size_t splats = 0;
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    splats += splat_count(kept->asset);
    kept = splats > kKeptSplats && kept != kept_.begin() ? kept_.erase(kept) : std::next(kept);
  }
  return kept_.front().asset;
}

SplatCloud SogLevelSource::read(size_t node, size_t level) {
  const Part& part = parts_.at(node).at(level);
  const SplatCloud& cloud = file(part.file).splats.at(0).cloud;
  if (!part.range) return cloud;
  with_context(meta_path_, [&] { check_sog_level_range(*part.range, cloud.size(), part.file); });
  std::vector<uint32_t> order(part.range->count);
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(part.range->offset));
  return gathered(cloud, order);
}

}  // namespace diorama
