#pragma once

#include "engine/scene/splat_sequence.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// One group of splats in a binary file, float32, frame after frame; docs/splat_sequence.md has the bytes. A file is
// written beside its place and renamed, so it is there whole or not at all.

// What a file says before its splats.
struct SplatGroupHead {
  size_t first_frame = 0, splat_count = 0;
  int sh_degree = 0;
  uint64_t fit_key = 0;         // of the fit's options: groups of one performance have the same
  Bounds bounds;                // of the centres in all frames, in the capture's frame
  std::vector<double> times_s;  // of its frames, rising

  size_t frame_count() const { return times_s.size(); }
};

// Error kInvalidInput: what check_splat_group refuses, times of another number than the frames or that do not rise.
std::vector<std::byte> encode_splat_group(const SplatGroup& group, std::span<const double> times_s,
                                          uint64_t fit_key = 0);
void write_splat_group(const SplatGroup& group, std::span<const double> times_s, uint64_t fit_key,
                       const std::filesystem::path& path);

// Error kUnsupported: another version; kInvalidInput: another kind of file, a size that the counts do not give, values
// that check_splat_cloud refuses.
SplatGroupHead read_splat_group_head(const std::filesystem::path& path);
SplatGroup read_splat_group(const std::filesystem::path& path);
SplatGroup parse_splat_group(std::span<const std::byte> bytes, const std::string& name);

// One frame of a group, counted from its first; `head` as it was read from the file.
SplatCloud read_splat_group_frame(const std::filesystem::path& path, const SplatGroupHead& head, size_t frame);

}  // namespace diorama
