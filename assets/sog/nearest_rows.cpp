#include "assets/sog/nearest_rows.h"

#include "engine/base/error.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "assets/sog/nearest_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Of kPoints points at once: |c|^2 / 2 - p . c over all rows c, two vectors of rows a step.
template <size_t kPoints>
HWY_ATTR void NearestOf(const RowSet& rows, const float* points, uint32_t* labels) {
  const hn::CappedTag<float, 8> d;
  const hn::RebindToSigned<decltype(d)> di;
  using Vec = hn::Vec<decltype(d)>;
  using IndexVec = hn::Vec<decltype(di)>;
  const size_t lanes = hn::Lanes(d), dims = rows.dims(), stride = rows.padded_size();
  const float* columns = rows.column(0);
  Vec best[kPoints];
  IndexVec best_index[kPoints];
  for (size_t p = 0; p < kPoints; ++p) {
    best[p] = hn::Set(d, std::numeric_limits<float>::infinity());
    best_index[p] = hn::Zero(di);
  }
  for (size_t k = 0; k < stride; k += 2 * lanes) {
    Vec low[kPoints], high[kPoints];
    for (size_t p = 0; p < kPoints; ++p) {
      low[p] = hn::Load(d, rows.half_norms() + k);
      high[p] = hn::Load(d, rows.half_norms() + k + lanes);
    }
    for (size_t dim = 0; dim < dims; ++dim) {
      const Vec a = hn::Load(d, columns + dim * stride + k), b = hn::Load(d, columns + dim * stride + k + lanes);
      for (size_t p = 0; p < kPoints; ++p) {
        const Vec x = hn::Set(d, points[p * dims + dim]);
        low[p] = hn::NegMulAdd(x, a, low[p]);
        high[p] = hn::NegMulAdd(x, b, high[p]);
      }
    }
    const IndexVec index = hn::Iota(di, static_cast<int32_t>(k));
    const IndexVec next = hn::Add(index, hn::Set(di, static_cast<int32_t>(lanes)));
    for (size_t p = 0; p < kPoints; ++p) {
      const auto low_wins = hn::Lt(low[p], best[p]);
      best[p] = hn::IfThenElse(low_wins, low[p], best[p]);
      best_index[p] = hn::IfThenElse(hn::RebindMask(di, low_wins), index, best_index[p]);
      const auto high_wins = hn::Lt(high[p], best[p]);
      best[p] = hn::IfThenElse(high_wins, high[p], best[p]);
      best_index[p] = hn::IfThenElse(hn::RebindMask(di, high_wins), next, best_index[p]);
    }
  }
  HWY_ALIGN float scores[8];
  HWY_ALIGN int32_t indices[8];
  for (size_t p = 0; p < kPoints; ++p) {
    hn::Store(best[p], d, scores);
    hn::Store(best_index[p], di, indices);
    size_t winner = 0;
    for (size_t lane = 1; lane < lanes; ++lane) {
      const bool nearer = scores[lane] < scores[winner];
      if (nearer || (scores[lane] == scores[winner] && indices[lane] < indices[winner])) winner = lane;
    }
    labels[p] = static_cast<uint32_t>(indices[winner]);
  }
}

HWY_ATTR void FindNearest(const RowSet& rows, const float* points, size_t count, uint32_t* labels) {
  constexpr size_t kTogether = 4;
  size_t i = 0;
  for (; i + kTogether <= count; i += kTogether) NearestOf<kTogether>(rows, points + i * rows.dims(), labels + i);
  for (; i < count; ++i) NearestOf<1>(rows, points + i * rows.dims(), labels + i);
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(FindNearest);

constexpr size_t kRowsAStep = 16;  // two vectors of eight

}  // namespace

RowSet::RowSet(std::span<const float> rows, size_t dims) : size_(rows.size() / dims), dims_(dims) {
  DIO_CHECK(size_ > 0 && rows.size() == size_ * dims);
  const size_t padded = (size_ + kRowsAStep - 1) / kRowsAStep * kRowsAStep;
  columns_.resize(dims * padded);
  half_norms_.resize(padded, std::numeric_limits<float>::infinity());
  for (size_t k = 0; k < size_; ++k) {
    float norm = 0;
    for (size_t dim = 0; dim < dims; ++dim) {
      const float value = rows[k * dims + dim];
      columns_[dim * padded + k] = value;
      norm += value * value;
    }
    half_norms_[k] = norm / 2;
  }
}

void find_nearest(const RowSet& rows, const float* points, std::span<uint32_t> labels) {
  HWY_DYNAMIC_DISPATCH(FindNearest)(rows, points, labels.size(), labels.data());
}

}  // namespace diorama
#endif  // HWY_ONCE
