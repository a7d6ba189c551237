#pragma once

#include "engine/base/thread_pool.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Rows of numbers by a few that stand for many: k-means in two levels, coarse clusters and finer ones within each, so
// that tens of thousands of centroids are found in seconds.
struct ShPalette {
  size_t dims = 0;
  std::vector<float> centroids;  // row after row of `dims`
  std::vector<uint16_t> labels;  // one a row of the input

  size_t size() const { return dims == 0 ? 0 : centroids.size() / dims; }
};

// At most `size` centroids (1 to 65536) for rows.size() / dims rows, finite; fewer where fewer do. The same bits for
// any number of threads.
ShPalette make_palette(std::span<const float> rows, size_t dims, size_t size, ThreadPool& pool);

}  // namespace diorama
