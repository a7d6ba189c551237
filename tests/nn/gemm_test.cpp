#include "engine/nn/gemm.h"

#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

std::vector<float> random_values(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = random.uniform(-1, 1);
  return values;
}

struct Product {
  size_t rows, k, n;
};

// Tiles of 6 rows and panels of 8 to 32 columns, whole and not, and more than one block of k.
const std::vector<Product> kProducts = {{1, 1, 1}, {6, 16, 16}, {13, 5, 3}, {7, 256, 17}, {192, 300, 64}, {5, 600, 33}};

// Sums of up to 600 products of values below 1, in single precision.
constexpr double kTolerance = 600 * 1.2e-7;

TEST(Gemm, RowsTimesPackedWeightsAreTheProductAndTheBias) {
  for (const auto& [rows, k, n] : kProducts) {
    const auto a = random_values(rows * k, 1), b = random_values(k * n, 2), bias = random_values(n, 3);
    std::vector<float> packed(packed_weights_size(k, n)), c(rows * n, 7.0f);
    pack_weights({b.data(), k, n, n, 1}, 0, k, packed.data());
    pack_bias(bias.data(), k, n, packed.data());
    multiply_rows(a.data(), k, rows, {packed.data(), k, n}, false, c.data(), n);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t j = 0; j < n; ++j) {
        double expected = bias[j];
        for (size_t i = 0; i < k; ++i) expected += double{a[r * k + i]} * b[i * n + j];
        ASSERT_NEAR(c[r * n + j], expected, kTolerance) << rows << " x " << k << " x " << n << ": " << r << ", " << j;
      }
    }
  }
}

TEST(Gemm, AccumulatingAddsToWhatIsThereAndLeavesTheGapsBetweenRows) {
  constexpr size_t kRows = 9, kDepth = 20, kColumns = 18, kStride = 25;
  const auto a = random_values(kRows * kDepth, 4), b = random_values(kDepth * kColumns, 5);
  const auto before = random_values(kRows * kStride, 6);
  std::vector<float> packed(packed_weights_size(kDepth, kColumns)), c = before;
  // Transposed: element (i, j) of the right side is b[j * depth + i].
  pack_weights({b.data(), kDepth, kColumns, 1, kDepth}, 0, kDepth, packed.data());
  pack_bias(nullptr, kDepth, kColumns, packed.data());
  multiply_rows(a.data(), kDepth, kRows, {packed.data(), kDepth, kColumns}, true, c.data(), kStride);
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t j = 0; j < kStride; ++j) {
      double expected = before[r * kStride + j];
      for (size_t i = 0; j < kColumns && i < kDepth; ++i) expected += double{a[r * kDepth + i]} * b[j * kDepth + i];
      ASSERT_NEAR(c[r * kStride + j], expected, kTolerance) << r << ", " << j;
    }
  }
}

TEST(Gemm, OuterProductsAreSummedOverRows) {
  for (const auto& [rows, m, n] : kProducts) {
    const auto a = random_values(rows * m, 7), b = random_values(rows * n, 8), before = random_values(m * n, 9);
    std::vector<float> c = before, scratch(outer_scratch_size(rows, m, n));
    accumulate_outer(a.data(), m, m, b.data(), n, n, rows, c.data(), scratch.data());
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < n; ++j) {
        double expected = before[i * n + j];
        for (size_t r = 0; r < rows; ++r) expected += double{a[r * m + i]} * b[r * n + j];
        ASSERT_NEAR(c[i * n + j], expected, kTolerance) << rows << " x " << m << " x " << n << ": " << i << ", " << j;
      }
    }
  }
}

TEST(Gemm, ElementsHaveTheSameBitsHoweverRowsAreDivided) {
  constexpr size_t kRows = 50, kDepth = 70, kColumns = 30;
  const auto a = random_values(kRows * kDepth, 10), b = random_values(kDepth * kColumns, 11);
  std::vector<float> packed(packed_weights_size(kDepth, kColumns)), whole(kRows * kColumns), parts(kRows * kColumns);
  pack_weights({b.data(), kDepth, kColumns, kColumns, 1}, 0, kDepth, packed.data());
  pack_bias(nullptr, kDepth, kColumns, packed.data());
  const PackedWeights weights{packed.data(), kDepth, kColumns};
  multiply_rows(a.data(), kDepth, kRows, weights, false, whole.data(), kColumns);
  for (size_t r = 0; r < kRows; r += 7) {
    multiply_rows(a.data() + r * kDepth, kDepth, std::min<size_t>(7, kRows - r), weights, false,
                  parts.data() + r * kColumns, kColumns);
  }
  EXPECT_EQ(whole, parts);
}

}  // namespace
}  // namespace diorama
