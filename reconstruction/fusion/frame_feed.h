#pragma once

#include "capture/capture.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <cstddef>
#include <vector>

namespace diorama {

// Training frames with depth, in capture order. Error kInvalidInput where there is none.
std::vector<size_t> frames_to_fuse(const Capture& capture);

// One decoded frame, ready to be fused. Where the capture carries a rig calibration, the colour camera follows it.
struct FeedFrame {
  FrameImages images;  // keeps what the view points to
  FusionView view;
};
FeedFrame load_to_fuse(const Capture& capture, size_t frame, bool color);

// Decoded size of a frame, bytes.
size_t decoded_bytes(const Frame& frame, bool color);

// Decodes ahead in the pool's background while earlier frames are fused: at most 64 MiB, or two frames, wait.
class FrameFeed {
 public:
  FrameFeed(const Capture& capture, std::vector<size_t> frames, bool color, ThreadPool& pool);

  size_t size() const { return frames_.size(); }
  FeedFrame load(size_t index);  // indices ascend from call to call

 private:
  const Capture& capture_;
  std::vector<size_t> frames_;
  bool color_;
  ThreadPool& pool_;
  size_t ahead_ = 2, asked_ = 0;
};

}  // namespace diorama
