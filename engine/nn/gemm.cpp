#include "engine/nn/gemm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/nn/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// The blocking of Goto and van de Geijn 2008 for a right side that is packed beforehand: a panel of two vectors of
// columns and kBlockK rows stays in the first cache while all row tiles of the caller's block pass over it.

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kTileRows = 6;  // 6 x 2 vectors of sums, 2 of B and 1 of A: the 16 registers of AVX2
constexpr size_t kBlockK = 256;  // 256 x 16 floats = 16 KiB
constexpr size_t kMostLanes = 16;
using PanelTag = hn::CappedTag<float, kMostLanes>;

HWY_INLINE size_t GemmPanelWidth() {
  return 2 * hn::Lanes(PanelTag());
}

// Where a tile's sums start from and go to.
struct GemmTile {
  const float* start;
  size_t start_stride;
  float* sums;
  size_t sums_stride;
};

// The right side's rows, two vectors each.
struct GemmPanel {
  const float* rows;
  size_t stride;
};

// sums = start + A B over `k`. Element (r, i) of A is at a[r][i * a_step].
HWY_INLINE void MultiplyTile(const float* const* a, size_t a_step, const GemmPanel& panel, size_t k,
                             const GemmTile& tile) {
  const PanelTag d;
  const size_t lanes = hn::Lanes(d);
  const float *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3], *a4 = a[4], *a5 = a[5];
  const float* s = tile.start;
  const size_t stride = tile.start_stride;
  auto c00 = hn::LoadU(d, s), c01 = hn::LoadU(d, s + lanes);
  auto c10 = hn::LoadU(d, s + stride), c11 = hn::LoadU(d, s + stride + lanes);
  auto c20 = hn::LoadU(d, s + 2 * stride), c21 = hn::LoadU(d, s + 2 * stride + lanes);
  auto c30 = hn::LoadU(d, s + 3 * stride), c31 = hn::LoadU(d, s + 3 * stride + lanes);
  auto c40 = hn::LoadU(d, s + 4 * stride), c41 = hn::LoadU(d, s + 4 * stride + lanes);
  auto c50 = hn::LoadU(d, s + 5 * stride), c51 = hn::LoadU(d, s + 5 * stride + lanes);
  const float* HWY_RESTRICT b = panel.rows;
  const size_t end = k * a_step;
  for (size_t i = 0; i < end; i += a_step, b += panel.stride) {
    const auto b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + lanes);
    auto x = hn::Set(d, a0[i]);
    c00 = hn::MulAdd(x, b0, c00), c01 = hn::MulAdd(x, b1, c01);
    x = hn::Set(d, a1[i]);
    c10 = hn::MulAdd(x, b0, c10), c11 = hn::MulAdd(x, b1, c11);
    x = hn::Set(d, a2[i]);
    c20 = hn::MulAdd(x, b0, c20), c21 = hn::MulAdd(x, b1, c21);
    x = hn::Set(d, a3[i]);
    c30 = hn::MulAdd(x, b0, c30), c31 = hn::MulAdd(x, b1, c31);
    x = hn::Set(d, a4[i]);
    c40 = hn::MulAdd(x, b0, c40), c41 = hn::MulAdd(x, b1, c41);
    x = hn::Set(d, a5[i]);
    c50 = hn::MulAdd(x, b0, c50), c51 = hn::MulAdd(x, b1, c51);
  }
  float* t = tile.sums;
  const size_t out = tile.sums_stride;
  hn::StoreU(c00, d, t), hn::StoreU(c01, d, t + lanes);
  hn::StoreU(c10, d, t + out), hn::StoreU(c11, d, t + out + lanes);
  hn::StoreU(c20, d, t + 2 * out), hn::StoreU(c21, d, t + 2 * out + lanes);
  hn::StoreU(c30, d, t + 3 * out), hn::StoreU(c31, d, t + 3 * out + lanes);
  hn::StoreU(c40, d, t + 4 * out), hn::StoreU(c41, d, t + 4 * out + lanes);
  hn::StoreU(c50, d, t + 5 * out), hn::StoreU(c51, d, t + 5 * out + lanes);
}

// One tile of C: `rows` <= 6 and `columns` <= the panel's width of it exist. `bias` starts the sums; null: C does.
HWY_INLINE void MultiplyInto(const float* const* a, size_t a_step, const GemmPanel& panel, size_t k, const float* bias,
                             float* c, size_t c_stride, size_t rows, size_t columns) {
  const size_t width = GemmPanelWidth();
  if (rows == kTileRows && columns == width) {
    MultiplyTile(a, a_step, panel, k, {bias ? bias : c, bias ? 0 : c_stride, c, c_stride});
    return;
  }
  HWY_ALIGN float whole[kTileRows * 2 * kMostLanes] = {};
  for (size_t r = 0; !bias && r < rows; ++r) std::copy_n(c + r * c_stride, columns, whole + r * width);
  MultiplyTile(a, a_step, panel, k, {bias ? bias : whole, bias ? 0 : width, whole, width});
  for (size_t r = 0; r < rows; ++r) std::copy_n(whole + r * width, columns, c + r * c_stride);
}

size_t PackedWeightsSize(size_t k, size_t n) {
  const size_t width = GemmPanelWidth();
  return (n + width - 1) / width * width * (k + 1);
}

void PackWeights(const WeightRows& block, size_t first_row, size_t k, float* packed) {
  const size_t width = GemmPanelWidth();
  for (size_t j = 0; j < block.columns; j += width) {
    const size_t columns = HWY_MIN(width, block.columns - j);
    float* panel = packed + j * k + first_row * width;
    for (size_t i = 0; i < block.rows; ++i, panel += width) {
      const float* const row = block.values + i * block.row_stride + j * block.column_stride;
      for (size_t x = 0; x < columns; ++x) panel[x] = row[x * block.column_stride];
      std::fill(panel + columns, panel + width, 0.0f);
    }
  }
}

void PackBias(const float* bias, size_t k, size_t n, float* packed) {
  const size_t width = GemmPanelWidth();
  const size_t padded = (n + width - 1) / width * width;
  float* const to = packed + padded * k;
  for (size_t j = 0; j < padded; ++j) to[j] = bias && j < n ? bias[j] : 0.0f;
}

void MultiplyRows(const float* a, size_t a_stride, size_t rows, const PackedWeights& b, bool accumulate, float* c,
                  size_t c_stride) {
  const size_t width = GemmPanelWidth();
  const size_t padded = (b.n + width - 1) / width * width;
  const float* const bias = b.packed + padded * b.k;
  for (size_t first = 0; first < b.k; first += kBlockK) {
    const size_t depth = HWY_MIN(kBlockK, b.k - first);
    const bool add = accumulate || first > 0;
    for (size_t j = 0; j < b.n; j += width) {
      const float* const panel = b.packed + j * b.k + first * width;
      const size_t columns = HWY_MIN(width, b.n - j);
      for (size_t r = 0; r < rows; r += kTileRows) {
        const size_t tile_rows = HWY_MIN(kTileRows, rows - r);
        const float* tile[kTileRows];
        for (size_t x = 0; x < kTileRows; ++x) tile[x] = a + (r + HWY_MIN(x, tile_rows - 1)) * a_stride + first;
        MultiplyInto(tile, 1, {panel, width}, depth, add ? nullptr : bias + j, c + r * c_stride + j, c_stride,
                     tile_rows, columns);
      }
    }
  }
}

size_t OuterScratchSize(size_t rows, size_t m, size_t n) {
  const size_t width = GemmPanelWidth();
  return rows * ((m + kTileRows - 1) / kTileRows * kTileRows + (n + width - 1) / width * width);
}

// Columns [j, j + width) of all rows, one row after the other; what is missing is zero.
HWY_INLINE void PackColumns(const float* from, size_t stride, size_t n, size_t rows, size_t width, float* to) {
  for (size_t j = 0; j < n; j += width) {
    const size_t columns = HWY_MIN(width, n - j);
    for (size_t r = 0; r < rows; ++r) {
      const float* const row = from + r * stride + j;
      size_t x = 0;
      for (; x < columns; ++x) to[x] = row[x];
      for (; x < width; ++x) to[x] = 0.0f;
      to += width;
    }
  }
}

// Rows so short that a block of them stays in the first cache are read where they are.
constexpr size_t kShortRow = 32;

void AccumulateOuter(const float* a, size_t a_stride, size_t m, const float* b, size_t b_stride, size_t n, size_t rows,
                     float* c, float* scratch) {
  const size_t width = GemmPanelWidth();
  const bool pack_a = a_stride > kShortRow, pack_b = b_stride > kShortRow || n % width != 0;
  float* const tiles = scratch;
  float* const panels = scratch + rows * ((m + kTileRows - 1) / kTileRows * kTileRows);
  if (pack_a) PackColumns(a, a_stride, m, rows, kTileRows, tiles);
  if (pack_b) PackColumns(b, b_stride, n, rows, width, panels);
  for (size_t j = 0; j < n; j += width) {
    const GemmPanel panel = pack_b ? GemmPanel{panels + j * rows, width} : GemmPanel{b + j, b_stride};
    const size_t columns = HWY_MIN(width, n - j);
    for (size_t i = 0; i < m; i += kTileRows) {
      const size_t tile_rows = HWY_MIN(kTileRows, m - i);
      const float* tile[kTileRows];
      for (size_t x = 0; x < kTileRows; ++x) {
        tile[x] = pack_a ? tiles + i * rows + x : a + i + HWY_MIN(x, tile_rows - 1);
      }
      MultiplyInto(tile, pack_a ? kTileRows : a_stride, panel, rows, nullptr, c + i * n + j, n, tile_rows, columns);
    }
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(PackedWeightsSize);
HWY_EXPORT(PackWeights);
HWY_EXPORT(PackBias);
HWY_EXPORT(MultiplyRows);
HWY_EXPORT(OuterScratchSize);
HWY_EXPORT(AccumulateOuter);

}  // namespace

size_t packed_weights_size(size_t k, size_t n) {
  return HWY_DYNAMIC_DISPATCH(PackedWeightsSize)(k, n);
}

void pack_weights(const WeightRows& block, size_t first_row, size_t k, float* packed) {
  HWY_DYNAMIC_DISPATCH(PackWeights)(block, first_row, k, packed);
}

void pack_bias(const float* bias, size_t k, size_t n, float* packed) {
  HWY_DYNAMIC_DISPATCH(PackBias)(bias, k, n, packed);
}

void multiply_rows(const float* a, size_t a_stride, size_t rows, PackedWeights b, bool accumulate, float* c,
                   size_t c_stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyRows)(a, a_stride, rows, b, accumulate, c, c_stride);
}

size_t outer_scratch_size(size_t rows, size_t m, size_t n) {
  return HWY_DYNAMIC_DISPATCH(OuterScratchSize)(rows, m, n);
}

void accumulate_outer(const float* a, size_t a_stride, size_t m, const float* b, size_t b_stride, size_t n, size_t rows,
                      float* c, float* scratch) {
  HWY_DYNAMIC_DISPATCH(AccumulateOuter)(a, a_stride, m, b, b_stride, n, rows, c, scratch);
}

}  // namespace diorama
#endif  // HWY_ONCE
