#pragma once

#include "engine/scene/splat_cloud.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

// What moves in some consecutive frames of a performance: one cloud a frame, in the capture's frame, all of the same
// size and SH degree. Entry i is the same splat in every frame.
struct SplatGroup {
  size_t first_frame = 0;          // counted as the capture counts its instants
  std::vector<SplatCloud> frames;  // at least one; clouds may be empty

  size_t splat_count() const { return frames.empty() ? 0 : frames.front().size(); }
  int sh_degree() const { return frames.empty() ? 0 : frames.front().sh_degree; }
};

// Error kInvalidInput: no frames, a frame of another size or SH degree than the first, or what check_splat_cloud
// refuses; names the frame.
void check_splat_group(const SplatGroup& group);

Bounds bounds_of(const SplatGroup& group);  // of the centres in all frames

// A group as an index lists it.
struct SplatGroupInfo {
  size_t first_frame = 0, frame_count = 0, splat_count = 0;
  int sh_degree = 0;
  std::string file;  // its name in the folder of the groups
  bool operator==(const SplatGroupInfo&) const = default;
};

// A whole performance: groups one after another without a gap, and what stands still in all of it, kept once. Frames
// are counted from 0 here; the first is frame groups.front().first_frame of the capture.
struct SplatSequence {
  std::vector<double> times_s;  // of all frames, rising
  std::vector<SplatGroupInfo> groups;
  SplatCloud background;  // in the capture's frame; may be empty

  size_t frame_count() const { return times_s.size(); }
  size_t group_of(size_t frame) const;  // index into groups
};

// Error kInvalidInput: no groups, a gap or an overlap (names the frames), times that do not rise or are of another
// number than the frames, or what check_splat_cloud refuses in the background.
void check_splat_sequence(const SplatSequence& sequence);

// The frame nearest in time, of two the earlier one.
size_t nearest_frame(const SplatSequence& sequence, double time_s);

// The frame that was taken at a time: the nearest, unless it is further away than half the step to its neighbour (of a
// single frame: 1 ms), as are times before the first and after the last frame.
std::optional<size_t> frame_taken_at(const SplatSequence& sequence, double time_s);

}  // namespace diorama
