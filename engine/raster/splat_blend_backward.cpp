#include "engine/raster/splat_frame.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/splat_blend_backward.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h: it is included once for each target.
#include "engine/raster/splat_alpha-inl.h"

#include <hwy/cache_control.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {

// With w_i = alpha_i T_i and v_i = what a unit of weight of splat i adds to the loss,
// dL / d ln(alpha_i) = w_i v_i - alpha_i / (1 - alpha_i) * (sum of w_j v_j over j > i).
// The background stands behind all weights, so its share is taken off each v_i: the sum over all j ends at 0.
struct BackwardTile {
  alignas(64) float transmittance[kTilePixels];
  alignas(64) float behind[kTilePixels];  // sum of w_j v_j over the splats to come
  alignas(64) float alpha[kTilePixels];   // dL / d alpha of the picture, less the background's share
  alignas(64) float channels[7][kTilePixels];
};

// The vector [x, x + Lanes) of row y of the tile.
struct TileVector {
  size_t in_tile, in_plane;
  V inside;  // all bits where the picture is
};

HWY_INLINE void LoadPixels(const SplatView& view, const TileVector& at, const SplatPlanes& image,
                           const SplatPlanes& gradient, BackwardTile& tile) {
  const D d;
  const size_t plane = image.plane_stride(), channels = static_cast<size_t>(view.channels.count()) - 1;
  const auto picture = [&](size_t p) HWY_ATTR { return hn::Load(d, image.data() + p * plane + at.in_plane); };
  const auto derivative = [&](size_t p) HWY_ATTR {
    return hn::And(hn::Load(d, gradient.data() + p * plane + at.in_plane), at.inside);
  };
  V alpha = derivative(3);
  V behind = hn::Mul(alpha, picture(3));
  for (size_t c = 0; c < channels; ++c) {
    const size_t p = c < 3 ? c : c + 1;
    const V value = derivative(p), background = hn::Set(d, c < 3 ? view.background[c] : 0.0f);
    behind = hn::MulAdd(value, hn::Sub(picture(p), background), behind);
    alpha = hn::NegMulAdd(value, background, alpha);
    hn::Store(value, d, tile.channels[c] + at.in_tile);
  }
  hn::Store(behind, d, tile.behind + at.in_tile);
  hn::Store(alpha, d, tile.alpha + at.in_tile);
  hn::Store(hn::IfThenElse(hn::MaskFromVec(at.inside), hn::Set(d, 1.0f), hn::Set(d, -1.0f)), d,
            tile.transmittance + at.in_tile);
}

HWY_INLINE void LoadTile(const SplatView& view, size_t x0, size_t y0, const SplatPlanes& image,
                         const SplatPlanes& gradient, BackwardTile& tile) {
  const D d;
  for (size_t x = 0; x < kSplatTileWidth; x += hn::Lanes(d)) {
    const V columns = InsideColumns(view, x0 + x);
    for (size_t y = 0; y < kSplatTileHeight; ++y) {
      const V inside = y0 + y < static_cast<size_t>(view.size_px.y) ? columns : hn::Zero(d);
      const size_t in_plane = (y0 + y) * image.stride() + x0 + x;
      LoadPixels(view, {y * kSplatTileWidth + x, in_plane, inside}, image, gradient, tile);
    }
  }
}

// Sums of lanes of four vectors, to four floats.
HWY_INLINE void StoreSums(V a, V b, V c, V e, float* out) {
  const D d;
#if HWY_TARGET == HWY_SCALAR
  hn::Store(a, d, out);
  hn::Store(b, d, out + 1);
  hn::Store(c, d, out + 2);
  hn::Store(e, d, out + 3);
#else
  const hn::Repartition<uint64_t, D> du64;
  const auto ab = hn::BitCast(du64, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  const auto ce = hn::BitCast(du64, hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e)));
  const V sums =
      hn::Add(hn::BitCast(d, hn::InterleaveLower(du64, ab, ce)), hn::BitCast(d, hn::InterleaveUpper(du64, ab, ce)));
  if constexpr (hn::MaxLanes(D()) == 8) {
    const hn::Half<D> half;
    hn::StoreU(hn::Add(hn::LowerHalf(half, sums), hn::UpperHalf(half, sums)), half, out);
  } else {
    hn::StoreU(sums, d, out);
  }
#endif
}

template <int kChannels>
struct PairSums {
  V p, p_dx, p_dxdx, p_e, p_dxe, p_ee;
  V channels[kChannels];
  V absolute_x, absolute_y, most_weight, weight;
};

template <int kChannels, bool kStatistics>
HWY_INLINE void StorePair(const PairSums<kChannels>& sums, float* out) {
  const V zero = hn::Zero(D());
  const auto channel = [&](int c) HWY_ATTR { return c < kChannels ? sums.channels[c < kChannels ? c : 0] : zero; };
  StoreSums(sums.p, sums.p_dx, sums.p_dxdx, sums.p_e, out);
  StoreSums(sums.p_dxe, sums.p_ee, channel(0), channel(1), out + kSumPDxE);
  // The last ones by way of a copy: what follows belongs to the next pair, which another thread may be writing.
  float last[kSumsAtOnce];
  StoreSums(channel(2), channel(3), zero, zero, last);
  std::copy_n(last, 2, out + kSumBlue);
  out += kSumNormalX;
  if constexpr (kChannels == 7) {
    StoreSums(channel(4), channel(5), channel(6), zero, last);
    std::copy_n(last, 3, out);
    out += 3;
  }
  if constexpr (kStatistics) {
    StoreSums(sums.absolute_x, sums.absolute_y, zero, sums.weight, out);
    out[2] = hn::GetLane(hn::MaxOfLanes(D(), sums.most_weight));
  }
}

template <int kChannels>
HWY_INLINE void AddStatistics(const DrawnSplat& splat, V dx, V p, V pe, V weight, PairSums<kChannels>& sums) {
  // d ln(alpha) / d mean = 2 ln(2) * (-falloff_x dx + falloff_y slope e, -falloff_y e)
  constexpr float kTwoLn2 = 1.38629436f;
  const V by_dx = hn::Mul(hn::Mul(dx, Value(-kTwoLn2 * splat.falloff_x)), p);
  const V by_e = hn::Mul(Value(-kTwoLn2 * splat.falloff_y), pe);
  sums.absolute_x = hn::Add(sums.absolute_x, hn::Abs(hn::NegMulAdd(Value(splat.slope), by_e, by_dx)));
  sums.absolute_y = hn::Add(sums.absolute_y, hn::Abs(by_e));
  sums.most_weight = hn::Max(sums.most_weight, weight);
  sums.weight = hn::Add(sums.weight, weight);
}

// Blends the splat again, from front to back as forward, and adds to its sums.
template <int kChannels, bool kStatistics>
HWY_INLINE void DrawColumn(const DrawnSplat& splat, const SplatColumn& column, const V (&channel)[kChannels],
                           BackwardTile& tile, PairSums<kChannels>& sums) {
  const D d;
  const V one = Value(1.0f), most = Value(kSplatMostAlpha);
  alignas(64) float alphas[kTilePixels];
  MakeAlphas(column, alphas);
  V column_p = hn::Zero(d), column_pe = hn::Zero(d), e = column.e;
  for (size_t row = 0; row < column.rows; ++row) {
    const size_t i = column.first + row * kSplatTileWidth;
    const V alpha = hn::Load(d, alphas + row * hn::Lanes(d));
    const Blend blend = BlendSplat(alpha, hn::Load(d, tile.transmittance + i));
    hn::Store(blend.next, d, tile.transmittance + i);
    V value = hn::Load(d, tile.alpha + i);
    for (int c = 0; c < kChannels; ++c) {
      const V g = hn::Load(d, tile.channels[c] + i);
      value = hn::MulAdd(channel[c], g, value);
      sums.channels[c] = hn::MulAdd(blend.weight, g, sums.channels[c]);
    }
    const V own = hn::Mul(blend.weight, value), behind = hn::Sub(hn::Load(d, tile.behind + i), own);
    hn::Store(behind, d, tile.behind + i);
    const V odds = hn::Div(alpha, hn::Sub(one, alpha));
    const M differentiable = hn::And(blend.open, hn::Lt(alpha, most));
    const V p = hn::IfThenElseZero(differentiable, hn::NegMulAdd(odds, behind, own));
    const V pe = hn::Mul(p, e);
    column_p = hn::Add(column_p, p);
    column_pe = hn::Add(column_pe, pe);
    sums.p_ee = hn::MulAdd(pe, e, sums.p_ee);
    if constexpr (kStatistics) AddStatistics(splat, column.dx, p, pe, blend.weight, sums);
    e = hn::Add(e, one);
  }
  const V p_dx = hn::Mul(column_p, column.dx);
  sums.p = hn::Add(sums.p, column_p);
  sums.p_dx = hn::Add(sums.p_dx, p_dx);
  sums.p_dxdx = hn::MulAdd(p_dx, column.dx, sums.p_dxdx);
  sums.p_e = hn::Add(sums.p_e, column_pe);
  sums.p_dxe = hn::MulAdd(column_pe, column.dx, sums.p_dxe);
}

template <int kChannels, bool kStatistics>
HWY_INLINE void DrawPair(const DrawnSplat& splat, float x0, float y0, const TileEntry& entry, BackwardTile& tile,
                         float* out) {
  const V zero = hn::Zero(D());
  PairSums<kChannels> sums{zero, zero, zero, zero, zero, zero, {}, zero, zero, zero, zero};
  V channel[kChannels];
  for (int c = 0; c < kChannels; ++c) {
    channel[c] = Value(splat.channels[c]);
    sums.channels[c] = zero;
  }
  for (size_t column = 0; column < kSplatTileWidth; column += hn::Lanes(D())) {
    DrawColumn<kChannels, kStatistics>(splat, MakeColumn(splat, x0, y0, entry, column), channel, tile, sums);
  }
  StorePair<kChannels, kStatistics>(sums, out);
}

template <int kChannels, bool kStatistics>
void BlendTileBackward(SplatFrame& frame, size_t index, const SplatPlanes& image, const SplatPlanes& gradient) {
  const SplatView& view = frame.view;
  const size_t columns = static_cast<size_t>(view.tiles.x);
  const size_t x = index % columns * kSplatTileWidth, y = index / columns * kSplatTileHeight;
  const uint32_t begin = frame.tile_begin[index], end = frame.tile_begin[index + 1];
  const uint32_t used = begin + frame.tile_used[index];
  const float x0 = static_cast<float>(x) + 0.5f, y0 = static_cast<float>(y) + 0.5f;
  BackwardTile tile;
  LoadTile(view, x, y, image, gradient, tile);
  uint32_t place = begin;
  while (place < used) {
    const uint32_t open = OpenRows(tile.transmittance);
    for (const uint32_t stop = HWY_MIN(place + kLookEvery, used); place < stop; ++place) {
      hwy::Prefetch(&frame.splats[TileEntry::unpack(frame.tile_entries[HWY_MIN(place + 4, end - 1)]).splat]);
      TileEntry entry = TileEntry::unpack(frame.tile_entries[place]);
      float* const sums = frame.sums.data() + place * frame.sum_stride;
      if (TrimRows(open, entry)) {
        DrawPair<kChannels, kStatistics>(frame.splats[entry.splat], x0, y0, entry, tile, sums);
      } else {
        std::fill_n(sums, frame.sum_stride, 0.0f);
      }
    }
  }
  std::fill(frame.sums.data() + used * frame.sum_stride, frame.sums.data() + end * frame.sum_stride, 0.0f);
}

template <int kChannels>
void BlendTileBackward(SplatFrame& frame, size_t tile, const SplatPlanes& image, const SplatPlanes& gradient) {
  if (frame.has_statistics) {
    BlendTileBackward<kChannels, true>(frame, tile, image, gradient);
  } else {
    BlendTileBackward<kChannels, false>(frame, tile, image, gradient);
  }
}

void BlendTilesBackward(SplatFrame& frame, size_t begin, size_t end, const SplatPlanes& image,
                        const SplatPlanes& gradient) {
  const SplatChannels channels = frame.view.channels;
  for (size_t tile = begin; tile < end; ++tile) {
    if (channels.normals) {
      BlendTileBackward<7>(frame, tile, image, gradient);
    } else if (channels.depth) {
      BlendTileBackward<4>(frame, tile, image, gradient);
    } else {
      BlendTileBackward<3>(frame, tile, image, gradient);
    }
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(BlendTilesBackward);

void blend_tiles_backward(SplatFrame& frame, const SplatPlanes& image, const SplatPlanes& gradient, ThreadPool& pool) {
  const SplatView& view = frame.view;
  frame.sum_stride =
      (view.channels.normals ? size_t{kSumCount} : size_t{kSumNormalX}) + (frame.has_statistics ? kSplatStatistics : 0);
  grow(frame.sums, frame.pair_count * frame.sum_stride + kSumsAtOnce);
  const size_t tiles = static_cast<size_t>(view.tiles.x) * static_cast<size_t>(view.tiles.y);
  parallel_pieces(pool, tiles, 4, [&](size_t begin, size_t end) {
    HWY_DYNAMIC_DISPATCH(BlendTilesBackward)(frame, begin, end, image, gradient);
  });
}

}  // namespace diorama
#endif  // HWY_ONCE
