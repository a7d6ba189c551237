#pragma once

#include "engine/gpu/splat_buffers.h"

#include <cstdint>
#include <vector>

namespace diorama {

// Room in splat buffers that is given out and taken back in pages of kSplatPage splats, so that clouds of any sizes may
// come and go without leaving gaps that nothing fits in.
class SplatPages {
 public:
  // The buffers stay, are empty and nobody else's. Their memory is made here.
  SplatPages(SplatBuffers& buffers, size_t page_count);

  static size_t pages_for(size_t splats) { return (splats + kSplatPage - 1) / kSplatPage; }
  size_t free_pages() const { return free_count_; }

  // There must be enough free pages. The lowest ones are taken; runs are in the cloud's order, of weight 1.
  std::vector<SplatRun> put(const SplatCloud& cloud, UploadRing& uploads);

  // Takes back what put() gave and whose uploads were flushed. Frames that were submitted before still draw it.
  void release(const std::vector<SplatRun>& runs);

 private:
  SplatRun take(size_t most_splats);

  SplatBuffers* buffers_;
  std::vector<bool> used_;
  size_t free_count_ = 0, first_free_ = 0;  // no page below first_free_ is free
};

}  // namespace diorama
