#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reconstruction/fusion/depth_rows.cpp"
#include <hwy/foreach_target.h>
// The above includes this file once for each instruction set.
#include "reconstruction/fusion/view.h"

#include <hwy/highway.h>

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace diorama {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::CappedTag<float, 8>;
using U = hn::RebindToUnsigned<F>;
using VF = hn::Vec<F>;

// True where one of two opposite neighbours is nearer and the other farther by more than the step.
HWY_INLINE hn::Mask<F> between(VF center, VF one, VF other, VF step) {
  const F d;
  const VF low = hn::Sub(center, step), high = hn::Add(center, step), zero = hn::Zero(d);
  const auto one_nearer = hn::And(hn::And(hn::Gt(one, zero), hn::Lt(one, low)), hn::Gt(other, high));
  const auto other_nearer = hn::And(hn::And(hn::Gt(other, zero), hn::Lt(other, low)), hn::Gt(one, high));
  return hn::Or(one_nearer, other_nearer);
}

// Inverse depth is linear over the image on planes, however slanted: over the reach it changes as fast as between the
// nearest neighbours. A smeared edge levels off before.
constexpr float kPlaneShare = 0.25f;

HWY_INLINE hn::Mask<F> on_plane(VF near_one, VF near_other, VF far_one, VF far_other) {
  const F d;
  const VF one = hn::Set(d, 1.0f);
  const VF near_span = hn::Sub(hn::Div(one, near_one), hn::Div(one, near_other));
  const VF far_span = hn::Sub(hn::Div(one, far_one), hn::Div(one, far_other));
  const VF expected = hn::Mul(near_span, hn::Set(d, static_cast<float>(kPlaneReachPx)));
  return hn::Lt(hn::AbsDiff(far_span, expected), hn::Mul(hn::Abs(expected), hn::Set(d, kPlaneShare)));
}

// The pixel mixes both sides of an edge along one direction. The sides themselves stay, so thin things do.
HWY_INLINE hn::Mask<F> mixed(VF center, VF step, const float* near_one, const float* near_other, const float* far_one,
                             const float* far_other) {
  const F d;
  const VF one = hn::LoadU(d, near_one), other = hn::LoadU(d, near_other);
  const auto edge = between(center, one, other, step);
  if (hn::AllFalse(d, edge)) return edge;
  return hn::AndNot(on_plane(one, other, hn::LoadU(d, far_one), hn::LoadU(d, far_other)), edge);
}

HWY_INLINE VF confidence_at(const DepthRowInput& input, int x, hn::Mask<F> inside) {
  const F d;
  if (input.confidence == nullptr) return hn::Set(d, 255.0f);
  const VF value = hn::MaskedLoad(inside, d, input.confidence + x);
  const VF clamped = hn::Min(hn::IfThenElseZero(hn::Gt(value, hn::Zero(d)), value), hn::Set(d, 1.0f));
  return hn::Mul(clamped, hn::Set(d, 255.0f));
}

void PackDepthRow(const DepthRowInput& input, PackedDepth* packed, float* column_min, float* column_max) {
  const F d;
  const U du;
  const hn::RebindToSigned<F> di;
  const VF share = hn::Set(d, input.discontinuity > 0 ? input.discontinuity : std::numeric_limits<float>::infinity());
  const VF lowest = hn::Set(d, input.min_m), highest = hn::Set(d, input.max_m);
  const float* center = input.rows[kPlaneReachPx];
  for (int x = 0; x < input.width; x += static_cast<int>(hn::Lanes(d))) {
    const auto inside = hn::FirstN(d, static_cast<size_t>(input.width - x));
    const float* at = center + x;
    const VF z = hn::LoadU(d, at);
    const VF step = hn::Mul(z, share);
    const auto across = mixed(z, step, at - 1, at + 1, at - kPlaneReachPx, at + kPlaneReachPx);
    const auto along = mixed(z, step, input.rows[kPlaneReachPx - 1] + x, input.rows[kPlaneReachPx + 1] + x,
                             input.rows.front() + x, input.rows.back() + x);
    const auto edge = hn::Or(across, along);
    const auto confidence = hn::BitCast(du, hn::NearestInt(confidence_at(input, x, inside)));
    auto valid = hn::And(hn::And(hn::Ge(z, lowest), hn::Le(z, highest)), hn::Gt(z, hn::Zero(d)));
    valid = hn::And(hn::AndNot(edge, valid), hn::RebindMask(d, hn::Gt(hn::BitCast(di, confidence), hn::Zero(di))));
    const auto rounded = hn::And(hn::Add(hn::BitCast(du, z), hn::Set(du, 0x80)), hn::Set(du, 0xffffff00));
    const auto word = hn::IfThenElseZero(hn::RebindMask(du, valid), hn::Or(rounded, confidence));
    if (x + static_cast<int>(hn::Lanes(d)) <= input.width) {
      hn::StoreU(word, du, packed + x);
    } else {
      hn::BlendedStore(word, hn::RebindMask(du, inside), du, packed + x);
    }
    const VF inf = hn::Set(d, std::numeric_limits<float>::infinity());
    hn::StoreU(hn::Min(hn::LoadU(d, column_min + x), hn::IfThenElse(valid, z, inf)), d, column_min + x);
    hn::StoreU(hn::Max(hn::LoadU(d, column_max + x), hn::IfThenElseZero(valid, z)), d, column_max + x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace diorama
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(PackDepthRow);

void pack_depth_row(const DepthRowInput& input, PackedDepth* packed, float* column_min, float* column_max) {
  HWY_DYNAMIC_DISPATCH(PackDepthRow)(input, packed, column_min, column_max);
}

}  // namespace diorama
#endif
