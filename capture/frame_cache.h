#pragma once

#include "capture/capture.h"
#include "engine/base/thread_pool.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace diorama {

// Decoded images by frame and part, the longest unused dropped first. Two threads never decode the same part at once:
// the second waits. A copy of the handle shares the cache, so that a background task may outlive its owner.
class FrameCache {
 public:
  FrameCache(std::shared_ptr<const FrameSource> source, std::shared_ptr<const std::vector<Frame>> frames,
             size_t max_bytes);
  ~FrameCache();
  FrameCache(FrameCache&&) noexcept;
  FrameCache& operator=(FrameCache&&) noexcept;

  FrameImages load(size_t frame, FrameParts parts) const;

  // A hint: left out where what waits to be decoded would fill more than half of the cache.
  void prefetch(ThreadPool& pool, size_t frame, FrameParts parts) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace diorama
