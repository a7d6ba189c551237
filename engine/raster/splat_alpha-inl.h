// Alpha of a splat along a row of pixels; included by the kernels, once for each SIMD target.
#if defined(DIORAMA_SPLAT_ALPHA_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIORAMA_SPLAT_ALPHA_INL_H
#undef DIORAMA_SPLAT_ALPHA_INL_H
#else
#define DIORAMA_SPLAT_ALPHA_INL_H
#endif

#include "engine/raster/splat_frame.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, kSplatTileWidth>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

HWY_INLINE V Value(float value) {
  return hn::Set(D(), value);
}

constexpr size_t kTilePixels = kSplatTileWidth * kSplatTileHeight;
constexpr uint32_t kLookEvery = 32;  // splats between two looks at which rows are open

// Lanes of the picture's columns from x on, as all bits.
HWY_INLINE V InsideColumns(const SplatView& view, size_t x) {
  const D d;
  return hn::VecFromMask(d, hn::Lt(hn::Iota(d, static_cast<float>(x)), hn::Set(d, static_cast<float>(view.size_px.x))));
}

// 2^x for x in [-100, 100], relative error 1.5e-7 (minimax polynomial of degree 5 on [-1/2, 1/2]: 7.5e-8).
HWY_INLINE V Exp2(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer that then stands in the lowest bits.
  const V magic = hn::Set(d, 12582912.0f);
  const V rounded = hn::Add(x, magic);
  const V f = hn::Sub(x, hn::Sub(rounded, magic));
  // In Estrin's order: the polynomial's latency is what rows wait for.
  const V f2 = hn::Mul(f, f);
  const V low = hn::MulAdd(hn::Set(d, 6.9314697e-1f), f, hn::Set(d, 1.0000001f));
  const V middle = hn::MulAdd(hn::Set(d, 5.5507133e-2f), f, hn::Set(d, 2.402212e-1f));
  const V high = hn::MulAdd(hn::Set(d, 1.3276472e-3f), f, hn::Set(d, 9.6755413e-3f));
  const V p = hn::MulAdd(hn::MulAdd(high, f2, middle), f2, low);
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, rounded))));
}

// A splat in a column of vectors of a tile: what is constant from row to row, and where its rows are.
struct SplatColumn {
  V dx;
  V log2_at_center;  // log2(alpha) where e = 0
  V falloff_y;
  V e;           // dy - slope * dx of the first row; it grows by 1 a row
  size_t first;  // place of the first row in the tile
  size_t rows;
};

// x0, y0: centre of the tile's first pixel.
HWY_INLINE SplatColumn MakeColumn(const DrawnSplat& splat, float x0, float y0, const TileEntry& entry, size_t column) {
  const V dx = hn::Add(hn::Iota(D(), static_cast<float>(column)), Value(x0 - splat.mean_px[0]));
  const V dy = Value(y0 - splat.mean_px[1] + static_cast<float>(entry.first_row));
  return {dx,
          hn::MulAdd(hn::Mul(dx, dx), Value(splat.falloff_x), Value(splat.log2_opacity)),
          Value(splat.falloff_y),
          hn::NegMulAdd(Value(splat.slope), dx, dy),
          entry.first_row * size_t{kSplatTileWidth} + column,
          entry.last_row - entry.first_row + size_t{1}};
}

// Alphas of a column, row by row, 0 where they are too small to be drawn. They are made ahead of the blending, whose
// steps wait for each other: so both loops are short enough for many rows to be on the way.
HWY_INLINE void MakeAlphas(const SplatColumn& column, float* alphas) {
  const D d;
  const V most = hn::Set(d, kSplatMostAlpha), least = hn::Set(d, kSplatLeastLog2Alpha), one = hn::Set(d, 1.0f);
  V e = column.e;
  for (size_t i = 0; i < column.rows * hn::Lanes(d); i += hn::Lanes(d)) {
    const V log2_alpha = hn::MulAdd(hn::Mul(column.falloff_y, e), e, column.log2_at_center);
    const V alpha = hn::Min(Exp2(log2_alpha), most);
    hn::Store(hn::IfThenElseZero(hn::Ge(log2_alpha, least), alpha), d, alphas + i);
    e = hn::Add(e, one);
  }
}

// Bit y is set where a pixel of row y of the tile is not done.
HWY_INLINE uint32_t OpenRows(const float* transmittance) {
  static_assert(kSplatTileHeight == 32);
  const D d;
  uint32_t open = 0;
  for (uint32_t y = 0; y < kSplatTileHeight; ++y) {
    V most = hn::Load(d, transmittance + y * kSplatTileWidth);
    for (size_t x = hn::Lanes(d); x < kSplatTileWidth; x += hn::Lanes(d)) {
      most = hn::Max(most, hn::Load(d, transmittance + y * kSplatTileWidth + x));
    }
    open |= hn::AllTrue(d, hn::Lt(most, hn::Zero(d))) ? 0u : 1u << y;
  }
  return open;
}

// Takes rows off both ends of an entry that are not open; false where none is left.
HWY_INLINE bool TrimRows(uint32_t open, TileEntry& entry) {
  const uint32_t rows = open & ~0u << entry.first_row & ~0u >> (31 - entry.last_row);
  if (rows == 0) return false;
  entry.first_row = static_cast<uint16_t>(hwy::Num0BitsBelowLS1Bit_Nonzero32(rows));
  entry.last_row = static_cast<uint16_t>(31 - hwy::Num0BitsAboveMS1Bit_Nonzero32(rows));
  return true;
}

// What a splat does to a vector of pixels; a pixel that is done has a negative transmittance.
struct Blend {
  V weight;  // alpha * transmittance in front of the splat; 0 where it is not drawn
  V next;    // transmittance behind the splat
  M open;    // the pixel was not done, and is not now
};

HWY_INLINE Blend BlendSplat(V alpha, V t) {
  const D d;
  const V weight = hn::Mul(alpha, t);
  Blend blend;
  blend.open = hn::Ge(hn::Sub(t, weight), hn::Set(d, kSplatLeastTransmittance));
  blend.weight = hn::IfThenElseZero(blend.open, weight);
  const V done = hn::IfThenZeroElse(blend.open, hn::SignBit(d));
  blend.next = hn::Or(hn::Sub(t, blend.weight), done);
  return blend;
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIORAMA_SPLAT_ALPHA_INL_H
