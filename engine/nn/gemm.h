#pragma once

#include <cstddef>

namespace diorama {

// Matrix products of single precision for the shapes of small networks: one side has many rows, the other is a layer's
// weights. All matrices are row-major. Each element is summed in the order of k, so that the same machine gives the
// same bits however the rows are divided among threads. None of these allocates.

// Floats that pack_weights() writes for a k x n matrix (panels of columns, then the bias).
size_t packed_weights_size(size_t k, size_t n);

// Some rows of B, at strides in floats: a transposed matrix is packed without a copy.
struct WeightRows {
  const float* values = nullptr;
  size_t rows = 0, columns = 0, row_stride = 0, column_stride = 1;
};

// Prepares B as the right side of multiply_rows(): `block` becomes rows first_row.. of k; the bias (of n values, or
// null: zero) is what products start from.
void pack_weights(const WeightRows& block, size_t first_row, size_t k, float* packed);
void pack_bias(const float* bias, size_t k, size_t n, float* packed);

struct PackedWeights {
  const float* packed = nullptr;
  size_t k = 0, n = 0;
};

// C = A B + bias, or C += A B. A: rows x k, C: rows x n; strides in floats between rows.
void multiply_rows(const float* a, size_t a_stride, size_t rows, PackedWeights b, bool accumulate, float* c,
                   size_t c_stride);

// Floats of working memory for accumulate_outer().
size_t outer_scratch_size(size_t rows, size_t m, size_t n);

// C += A^T B, the gradient of a layer's weights. A: rows x m, B: rows x n, C: m x n without gaps.
void accumulate_outer(const float* a, size_t a_stride, size_t m, const float* b, size_t b_stride, size_t n, size_t rows,
                      float* c, float* scratch);

}  // namespace diorama
