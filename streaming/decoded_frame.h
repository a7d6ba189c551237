#pragma once

#include "engine/video/picture420.h"
#include "streaming/group_dequantizer.h"
#include "streaming/splat_video.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace diorama {

// A frame of a splat video as its two decoders gave it, and what turns it into splats.
struct DecodedFrame {
  std::shared_ptr<const SplatVideo> video;
  size_t frame = 0;     // counted from 0
  uint64_t number = 0;  // grows from frame to frame as they play, through loops too
  size_t group = 0, representation = 0;
  Picture420 exact, lossy;
  std::shared_ptr<const Picture420> first_exact;  // of the group: it has the base

  const GroupParameters& parameters() const { return video->groups[group]; }
  GroupLayouts layouts() const { return {video->exact.layout, video->representations[representation].lossy.layout}; }
};

// What moves at a frame as splats, on the CPU, in the capture's frame and the order of the streams. Frames of a group
// that follow each other share its preparation. Error kInvalidInput: a group that does not fit its atlas.
class FrameDequantizer {
 public:
  explicit FrameDequantizer(ThreadPool& pool) : pool_(pool) {}
  const SplatCloud& splats(const DecodedFrame& frame);

 private:
  ThreadPool& pool_;
  std::shared_ptr<const Picture420> base_;  // of what is prepared
  std::optional<GroupDequantizer> dequantizer_;
  SplatCloud cloud_;
};

}  // namespace diorama
