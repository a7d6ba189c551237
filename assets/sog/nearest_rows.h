#pragma once

#include "engine/base/aligned_vector.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// Rows of `dims` floats, made ready for many searches of the nearest one.
class RowSet {
 public:
  // `rows` holds row after row.
  RowSet(std::span<const float> rows, size_t dims);

  size_t size() const { return size_; }
  size_t dims() const { return dims_; }
  size_t padded_size() const { return half_norms_.size(); }
  const float* column(size_t dim) const { return columns_.data() + dim * padded_size(); }
  const float* half_norms() const { return half_norms_.data(); }  // infinite behind the last row

 private:
  size_t size_, dims_;
  AlignedVector<float> columns_, half_norms_;
};

// The index of the row at the least Euclidean distance from each point, the first of equals. Points lie one after the
// other, as many as labels.
void find_nearest(const RowSet& rows, const float* points, std::span<uint32_t> labels);

}  // namespace diorama
