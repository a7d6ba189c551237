#include "engine/gpu/splat_pages.h"

#include "engine/base/error.h"

#include <algorithm>

namespace diorama {

SplatPages::SplatPages(SplatBuffers& buffers, size_t page_count)
    : buffers_(&buffers), used_(page_count, false), free_count_(page_count) {
  DIO_CHECK(buffers.size() == 0);
  buffers.reserve(page_count * kSplatPage);
}

// The first free pages that follow one another within a chunk.
SplatRun SplatPages::take(size_t most_splats) {
  while (used_[first_free_]) ++first_free_;
  const size_t chunk_pages = buffers_->chunk_splats() / kSplatPage;
  const size_t first = first_free_, chunk_end = (first / chunk_pages + 1) * chunk_pages;
  const size_t end = std::min({used_.size(), chunk_end, first + pages_for(most_splats)});
  while (first_free_ < end && !used_[first_free_]) used_[first_free_++] = true;
  free_count_ -= first_free_ - first;
  return {static_cast<uint32_t>(first / chunk_pages), static_cast<uint32_t>(first % chunk_pages * kSplatPage),
          static_cast<uint32_t>(std::min<size_t>(most_splats, (first_free_ - first) * kSplatPage))};
}

std::vector<SplatRun> SplatPages::put(const SplatCloud& cloud, UploadRing& uploads) {
  DIO_CHECK(pages_for(cloud.size()) <= free_count_);
  std::vector<SplatRun> runs;
  for (size_t done = 0; done < cloud.size(); done += runs.back().count) {
    runs.push_back(take(cloud.size() - done));
    const SplatRun& run = runs.back();
    buffers_->replace(size_t{run.chunk} * buffers_->chunk_splats() + run.first, cloud, done, run.count, uploads);
  }
  return runs;
}

void SplatPages::release(const std::vector<SplatRun>& runs) {
  for (const SplatRun& run : runs) {
    const size_t first = (size_t{run.chunk} * buffers_->chunk_splats() + run.first) / kSplatPage;
    for (size_t page = first; page < first + pages_for(run.count); ++page) {
      DIO_CHECK(used_[page]);
      used_[page] = false;
      ++free_count_;
    }
    first_free_ = std::min(first_free_, first);
  }
}

}  // namespace diorama
