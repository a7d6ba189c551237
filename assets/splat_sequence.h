#pragma once

#include "assets/asset.h"
#include "assets/splat_group_file.h"
#include "assets/splat_performance.h"
#include "engine/scene/splat_sequence.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// A performance as splats, uncompressed: NAME.glb holds its first frame and names the folder NAME.groups beside it,
// where each group has a file, what stands still a file of its own, and sequence.json says how they follow.
// docs/splat_sequence.md describes them. All splats in the folder are in the capture's frame.

// Names of the clouds of a frame.
inline constexpr const char *kSplatBackgroundName = "background", *kSplatMovingName = "moving";

std::filesystem::path splat_groups_folder(const std::filesystem::path& glb);

// Writing. Any number of processes may add groups to one folder, in any order; finish_splat_sequence makes the index
// of what is there.

// File of the group that starts at a frame.
std::filesystem::path splat_group_path(const std::filesystem::path& folder, size_t first_frame);

// `fit_key`: a number that stands for what the fit's result depends on; groups with different ones never make one
// performance.
void add_splat_group(const std::filesystem::path& folder, const SplatGroup& group, std::span<const double> times_s,
                     uint64_t fit_key);
void set_splat_background(const std::filesystem::path& folder, const SplatCloud& background, uint64_t fit_key);

// What stands still as set_splat_background wrote it for this fit; nothing where there is none, or another fit's.
std::optional<SplatCloud> find_splat_background(const std::filesystem::path& folder, uint64_t fit_key);

// Heads of all groups in a folder, by their first frame; none where there is no folder. Error: a file that is damaged.
std::vector<SplatGroupHead> find_splat_groups(const std::filesystem::path& folder);

// Removes groups, background and index, and no other file.
void remove_splat_groups(const std::filesystem::path& folder);

// Writes the index and `glb`: the first frame that has splats, and the record, whose representation and splat_groups
// are set here. Error kInvalidInput: no group, a gap or an overlap between groups, groups of several fits, times that
// do not rise, not one splat in all of it; each names the frames or files.
SplatSequence finish_splat_sequence(const std::filesystem::path& glb, AssetRecord record);

// Reads a performance frame by frame; in memory are the background and the frame that was asked for. Safe to call from
// several threads.
class SplatSequenceReader : public SplatPerformance {
 public:
  // Of the folder. The index is checked against every group's head. Error kNotFound: a file that the index lists;
  // kInvalidInput: an index that is damaged, or files that are not those it lists.
  explicit SplatSequenceReader(std::filesystem::path folder);

  const SplatSequence& sequence() const override { return sequence_; }
  const AssetRecord& record() const { return record_; }
  const SplatGroupHead& head(size_t group) const { return heads_[group]; }
  uint64_t file_bytes() const { return file_bytes_; }  // of all files
  Bounds bounds() const;                               // of all centres, in the asset's frame

  SplatCloud moving(size_t frame) const override;
  std::vector<SplatPart> frame(size_t index) const override;

 private:
  std::filesystem::path folder_;
  SplatSequence sequence_;
  AssetRecord record_;
  std::vector<SplatGroupHead> heads_;
  SplatCloud background_in_asset_;
  uint64_t file_bytes_ = 0;
};

// The performance that an asset, read from `path`, is the first frame of; nothing if it is of none. Error kNotFound:
// its folder is not beside the file.
std::optional<SplatSequenceReader> open_splat_sequence(const Asset& asset, const std::filesystem::path& path);

}  // namespace diorama
