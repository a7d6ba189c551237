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

// 2^x for x in [-100, 100], relative error 1.5e-7 (minimax polynomial of degree 5 on [-1/2, 1/2]: 7.5e-8).
HWY_INLINE V Exp2(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer that then stands in the lowest bits.
  const V magic = hn::Set(d, 12582912.0f);
  const V rounded = hn::Add(x, magic);
  const V f = hn::Sub(x, hn::Sub(rounded, magic));
  V p = hn::MulAdd(hn::Set(d, 1.3276472e-3f), f, hn::Set(d, 9.6755413e-3f));
  p = hn::MulAdd(p, f, hn::Set(d, 5.5507133e-2f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.402212e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 6.9314697e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.0000001f));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, rounded))));
}

// What alpha is made of in a column of vectors: constant from row to row.
struct AlphaColumn {
  V log2_at_center;  // log2(alpha) where e = 0
  V slope_dx;        // e = dy - slope_dx
  V falloff_y;
};

HWY_INLINE AlphaColumn MakeAlphaColumn(const DrawnSplat& splat, V dx) {
  const D d;
  return {hn::MulAdd(hn::Mul(dx, dx), hn::Set(d, splat.falloff_x), hn::Set(d, splat.log2_opacity)),
          hn::Mul(hn::Set(d, splat.slope), dx), hn::Set(d, splat.falloff_y)};
}

// A splat's alpha at a vector of pixels that see it with transmittance `t`; a pixel that is done has a negative one.
struct Blend {
  V alpha;           // after the bound
  V weight;          // alpha * t where the splat is drawn, else 0
  V next;            // transmittance behind the splat, its sign set where the pixel is done
  M differentiable;  // drawn, and alpha below the bound
};

HWY_INLINE Blend BlendSplat(const AlphaColumn& column, V e, V t) {
  const D d;
  const V log2_alpha = hn::MulAdd(hn::Mul(column.falloff_y, e), e, column.log2_at_center);
  const V raw = Exp2(log2_alpha), most = hn::Set(d, kSplatMostAlpha);
  Blend blend;
  blend.alpha = hn::Min(raw, most);
  const M touched = hn::Ge(log2_alpha, hn::Set(d, kSplatLeastLog2Alpha));
  const V weight = hn::Mul(blend.alpha, t), next = hn::Sub(t, weight);
  const M open = hn::Ge(next, hn::Set(d, kSplatLeastTransmittance));  // negative t: never
  const M drawn = hn::And(touched, open);
  blend.weight = hn::IfThenElseZero(drawn, weight);
  blend.differentiable = hn::And(drawn, hn::Lt(raw, most));
  const V done = hn::And(hn::SignBit(d), hn::VecFromMask(d, hn::AndNot(open, touched)));
  blend.next = hn::Or(hn::Sub(t, blend.weight), done);
  return blend;
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIORAMA_SPLAT_ALPHA_INL_H
