#include "reconstruction/splats/cpu/image_loss.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reconstruction/splats/cpu/image_loss.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef DIORAMA_IMAGE_LOSS_TAPS
#define DIORAMA_IMAGE_LOSS_TAPS
namespace diorama {
namespace {

constexpr int kRadius = 5;
constexpr int kTaps = 2 * kRadius + 1;
constexpr size_t kMargin = 16;  // zeros on both sides of a filtered row; at least kRadius
constexpr float kC1 = 0.01f * 0.01f, kC2 = 0.03f * 0.03f;

// Rows of the window around a row that lie inside the picture, and what is written for the row.
struct LossRow {
  const float* x[kTaps];
  const float* y[kTaps];
  float weights[kTaps];  // of those rows
  int taps = 0;
  const float* horizontal = nullptr;  // kTaps weights
  size_t width = 0, row_stride = 0;   // row_stride: of the filtered rows, margins included
  float* rows = nullptr;              // 5 filtered rows
};

}  // namespace
}  // namespace diorama
#endif

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

V FilterAlong(D d, const float* row, const float* weights) {
  V sum = hn::Mul(hn::Set(d, weights[0]), hn::LoadU(d, row - kRadius));
  for (int k = 1; k < kTaps; ++k) sum = hn::MulAdd(hn::Set(d, weights[k]), hn::LoadU(d, row + k - kRadius), sum);
  return sum;
}

// Columns first: the weighted sums of x, y, x^2, y^2, xy over the window's rows.
void SumRows(const LossRow& row) {
  const D d;
  for (size_t i = 0; i < row.width; i += hn::Lanes(d)) {
    V sx = hn::Zero(d), sy = hn::Zero(d), sxx = hn::Zero(d), syy = hn::Zero(d), sxy = hn::Zero(d);
    const auto inside = hn::FirstN(d, row.width - i);
    for (int k = 0; k < row.taps; ++k) {
      const V x = hn::MaskedLoad(inside, d, row.x[k] + i), y = hn::MaskedLoad(inside, d, row.y[k] + i);
      const V w = hn::Set(d, row.weights[k]);
      const V wx = hn::Mul(w, x), wy = hn::Mul(w, y);
      sx = hn::Add(sx, wx);
      sy = hn::Add(sy, wy);
      sxx = hn::MulAdd(wx, x, sxx);
      syy = hn::MulAdd(wy, y, syy);
      sxy = hn::MulAdd(wx, y, sxy);
    }
    float* const out = row.rows + kMargin + i;
    hn::StoreU(sx, d, out);
    hn::StoreU(sy, d, out + row.row_stride);
    hn::StoreU(sxx, d, out + 2 * row.row_stride);
    hn::StoreU(syy, d, out + 3 * row.row_stride);
    hn::StoreU(sxy, d, out + 4 * row.row_stride);
  }
}

// SSIM of one row and its derivatives by the windowed means of x, x^2 and xy. Returns the row's sum.
double SsimRow(const LossRow& row, float* by_x, float* by_xx, float* by_xy) {
  SumRows(row);
  const D d;
  V total = hn::Zero(d);
  const V c1 = hn::Set(d, kC1), c2 = hn::Set(d, kC2), one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  for (size_t i = 0; i < row.width; i += hn::Lanes(d)) {
    const float* const at = row.rows + kMargin + i;
    const V mx = FilterAlong(d, at, row.horizontal), my = FilterAlong(d, at + row.row_stride, row.horizontal);
    const V exx = FilterAlong(d, at + 2 * row.row_stride, row.horizontal);
    const V eyy = FilterAlong(d, at + 3 * row.row_stride, row.horizontal);
    const V exy = FilterAlong(d, at + 4 * row.row_stride, row.horizontal);
    const V mxx = hn::Mul(mx, mx), myy = hn::Mul(my, my), mxy = hn::Mul(mx, my);
    const V n1 = hn::MulAdd(two, mxy, c1), n2 = hn::MulAdd(two, hn::Sub(exy, mxy), c2);
    const V inverse_d1 = hn::Div(one, hn::Add(hn::Add(mxx, myy), c1));
    const V inverse_d2 = hn::Div(one, hn::Add(hn::Sub(hn::Add(exx, eyy), hn::Add(mxx, myy)), c2));
    const V inverse = hn::Mul(inverse_d1, inverse_d2);
    const V ssim = hn::Mul(hn::Mul(n1, n2), inverse);
    const V dxy = hn::Mul(hn::Mul(two, n1), inverse);
    const V dxx = hn::Neg(hn::Mul(ssim, inverse_d2));
    const V through_means = hn::Mul(hn::Mul(two, my), hn::Mul(n2, inverse));
    const V through_norms = hn::Mul(hn::Mul(two, mx), hn::Mul(ssim, hn::Sub(inverse_d2, inverse_d1)));
    const V dx = hn::Sub(hn::Add(through_means, through_norms), hn::Mul(my, dxy));
    const auto inside = hn::FirstN(d, row.width - i);
    hn::StoreU(hn::IfThenElseZero(inside, dx), d, by_x + i);
    hn::StoreU(hn::IfThenElseZero(inside, dxx), d, by_xx + i);
    hn::StoreU(hn::IfThenElseZero(inside, dxy), d, by_xy + i);
    total = hn::Add(total, hn::IfThenElseZero(inside, ssim));
  }
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, total)));
}

// Columns of the three derivative maps: maps[m][k] is row k of the window of map m.
void SumMaps(const LossRow& row, const float* const (*maps)[kTaps]) {
  const D d;
  for (size_t i = 0; i < row.width; i += hn::Lanes(d)) {
    V sums[3] = {hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (int k = 0; k < row.taps; ++k) {
      const V w = hn::Set(d, row.weights[k]);
      for (int m = 0; m < 3; ++m) sums[m] = hn::MulAdd(w, hn::LoadU(d, maps[m][k] + i), sums[m]);
    }
    for (int m = 0; m < 3; ++m) {
      hn::StoreU(sums[m], d, row.rows + static_cast<size_t>(m) * row.row_stride + kMargin + i);
    }
  }
}

// The loss' gradient for one row of a channel; returns the row's sum of |x - y|.
double GradientRow(const LossRow& row, const float* const (*maps)[kTaps], const float* x, const float* y,
                   const float* pixel_weights, float l1_scale, float ssim_scale, float* gradient) {
  SumMaps(row, maps);
  const D d;
  V total = hn::Zero(d);
  const V two = hn::Set(d, 2.0f), l1 = hn::Set(d, l1_scale), ssim = hn::Set(d, ssim_scale);
  for (size_t i = 0; i < row.width; i += hn::Lanes(d)) {
    const auto inside = hn::FirstN(d, row.width - i);
    const V xi = hn::MaskedLoad(inside, d, x + i), yi = hn::MaskedLoad(inside, d, y + i);
    const float* const at = row.rows + kMargin + i;
    V of_ssim = FilterAlong(d, at, row.horizontal);
    of_ssim = hn::MulAdd(hn::Mul(two, xi), FilterAlong(d, at + row.row_stride, row.horizontal), of_ssim);
    of_ssim = hn::MulAdd(yi, FilterAlong(d, at + 2 * row.row_stride, row.horizontal), of_ssim);
    const V difference = hn::Sub(xi, yi);
    const V signed_l1 = hn::IfThenZeroElse(hn::Eq(difference, hn::Zero(d)), hn::CopySign(l1, difference));
    V sum = hn::MulAdd(ssim, of_ssim, signed_l1);
    if (pixel_weights) sum = hn::Mul(sum, hn::MaskedLoad(inside, d, pixel_weights + i));
    hn::StoreU(hn::IfThenElseZero(inside, sum), d, gradient + i);
    total = hn::Add(total, hn::Abs(difference));
  }
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, total)));
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(SsimRow);
HWY_EXPORT(GradientRow);

constexpr size_t kRowGrain = 16;  // rows of a piece of work
constexpr size_t kFilteredRows = 5;

struct Kernel {
  float weights[kTaps];
};

Kernel gaussian_taps() {
  double sum = 0, weights[kTaps];
  for (int k = 0; k < kTaps; ++k) sum += weights[k] = std::exp(-(k - kRadius) * (k - kRadius) / (2 * 1.5 * 1.5));
  Kernel kernel;
  for (int k = 0; k < kTaps; ++k) kernel.weights[k] = static_cast<float>(weights[k] / sum);
  return kernel;
}

// Rows of the window around y that are inside a picture; calls visit(slot, row).
template <class Visit>
void window_rows(int y, int height, const Kernel& kernel, LossRow& row, Visit&& visit) {
  row.taps = 0;
  for (int k = 0; k < kTaps; ++k) {
    const int source = y + k - kRadius;
    if (source < 0 || source >= height) continue;
    row.weights[row.taps] = kernel.weights[k];
    visit(row.taps++, source);
  }
}

}  // namespace

void ImageLoss::resize(const RgbPlanes& x) {
  if (size_px_ == x.size_px && stride_ == x.stride) return;
  size_px_ = x.size_px;
  stride_ = x.stride;
  const size_t rows = 3 * static_cast<size_t>(size_px_.y);
  partials_.assign(3 * rows * stride_, 0.0f);
  rows_.assign((rows + kRowGrain - 1) / kRowGrain * kFilteredRows * (stride_ + 2 * kMargin), 0.0f);
  row_sums_.assign(rows, glm::dvec2(0));
}

double ImageLoss::evaluate(const RgbPlanes& x, const RgbPlanes& y, float ssim_weight, const float* weights,
                           float* gradient, ThreadPool& pool) {
  DIO_CHECK(x.size_px == y.size_px && x.stride == y.stride && x.plane_stride == y.plane_stride && x.stride % 16 == 0);
  DIO_CHECK(x.stride >= static_cast<size_t>(x.size_px.x) && x.size_px.x > 0 && x.size_px.y > 0);
  resize(x);
  static const Kernel kernel = gaussian_taps();
  const int height = size_px_.y;
  const size_t rows = 3 * static_cast<size_t>(height), map_size = rows * stride_;
  const size_t row_stride = stride_ + 2 * kMargin;
  const double count = 3.0 * size_px_.x * size_px_.y;
  const auto make_row = [&](size_t begin) {
    LossRow row;
    row.horizontal = kernel.weights;
    row.width = static_cast<size_t>(size_px_.x);
    row.row_stride = row_stride;
    row.rows = rows_.data() + begin / kRowGrain * kFilteredRows * row_stride;
    return row;
  };
  pool.parallel_for(rows, kRowGrain, [&](size_t begin, size_t end) {
    LossRow row = make_row(begin);
    for (size_t i = begin; i < end; ++i) {
      const int channel = static_cast<int>(i) / height, line = static_cast<int>(i) % height;
      window_rows(line, height, kernel, row, [&](int slot, int source) {
        row.x[slot] = x.row(channel, source);
        row.y[slot] = y.row(channel, source);
      });
      float* const out = partials_.data() + i * stride_;
      row_sums_[i].y = HWY_DYNAMIC_DISPATCH(SsimRow)(row, out, out + map_size, out + 2 * map_size);
    }
  });
  const auto l1_scale = static_cast<float>((1.0 - ssim_weight) / count);
  const auto ssim_scale = static_cast<float>(-ssim_weight / count);
  pool.parallel_for(rows, kRowGrain, [&](size_t begin, size_t end) {
    LossRow row = make_row(begin);
    for (size_t i = begin; i < end; ++i) {
      const int channel = static_cast<int>(i) / height, line = static_cast<int>(i) % height;
      const float* maps[3][kTaps];
      window_rows(line, height, kernel, row, [&](int slot, int source) {
        const size_t source_row = static_cast<size_t>(channel * height + source) * stride_;
        for (size_t m = 0; m < 3; ++m) maps[m][slot] = partials_.data() + m * map_size + source_row;
      });
      const float* const pixel_weights = weights ? weights + static_cast<size_t>(line) * stride_ : nullptr;
      row_sums_[i].x =
          HWY_DYNAMIC_DISPATCH(GradientRow)(row, maps, x.row(channel, line), y.row(channel, line), pixel_weights,
                                            l1_scale, ssim_scale, gradient + x.offset(channel, line));
    }
  });
  glm::dvec2 sums(0);
  for (const glm::dvec2& row : row_sums_) sums += row;
  return (1.0 - ssim_weight) * sums.x / count + ssim_weight * (1.0 - sums.y / count);
}

}  // namespace diorama
#endif  // HWY_ONCE
