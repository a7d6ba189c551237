// EWA projection of a vector of splats; included by the kernels, once for each SIMD target.
#if defined(DIORAMA_SPLAT_PROJECTION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIORAMA_SPLAT_PROJECTION_INL_H
#undef DIORAMA_SPLAT_PROJECTION_INL_H
#else
#define DIORAMA_SPLAT_PROJECTION_INL_H
#endif

#include "engine/raster/splat_frame.h"

#include <hwy/cache_control.h>
#include <hwy/highway.h>
// After highway.h: it is included once for each target.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
// Tiles are 8 pixels wide: wider vectors would not help, narrower ones take several turns.
using D = hn::CappedTag<float, kSplatTileWidth>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

struct V3 {
  V x, y, z;
};

HWY_INLINE V Constant(float value) {
  return hn::Set(D(), value);
}
HWY_INLINE V Dot(const V3& a, const V3& b) {
  return hn::MulAdd(a.z, b.z, hn::MulAdd(a.y, b.y, hn::Mul(a.x, b.x)));
}
HWY_INLINE V3 Cross(const V3& a, const V3& b) {
  return {hn::NegMulAdd(a.z, b.y, hn::Mul(a.y, b.z)), hn::NegMulAdd(a.x, b.z, hn::Mul(a.z, b.x)),
          hn::NegMulAdd(a.y, b.x, hn::Mul(a.x, b.y))};
}
HWY_INLINE V3 Scaled(const V3& a, V factor) {
  return {hn::Mul(a.x, factor), hn::Mul(a.y, factor), hn::Mul(a.z, factor)};
}
// a * factor + b
HWY_INLINE V3 ScaledAdd(const V3& a, V factor, const V3& b) {
  return {hn::MulAdd(a.x, factor, b.x), hn::MulAdd(a.y, factor, b.y), hn::MulAdd(a.z, factor, b.z)};
}
HWY_INLINE V3 Sum(const V3& a, const V3& b) {
  return {hn::Add(a.x, b.x), hn::Add(a.y, b.y), hn::Add(a.z, b.z)};
}
HWY_INLINE V3 Rotated(const float (&m)[3][3], const V3& v) {
  const auto row = [&](int i) HWY_ATTR {
    return hn::MulAdd(Constant(m[i][2]), v.z, hn::MulAdd(Constant(m[i][1]), v.y, hn::Mul(Constant(m[i][0]), v.x)));
  };
  return {row(0), row(1), row(2)};
}
HWY_INLINE V3 RotatedBack(const float (&m)[3][3], const V3& v) {
  const auto row = [&](int i) HWY_ATTR {
    return hn::MulAdd(Constant(m[2][i]), v.z, hn::MulAdd(Constant(m[1][i]), v.y, hn::Mul(Constant(m[0][i]), v.x)));
  };
  return {row(0), row(1), row(2)};
}

// The geometry of kSplatBlock records, field by field: position, opacity, log scale, (pad), rotation.
struct SplatFields {
  static constexpr size_t kCount = 12;
  alignas(64) float values[kCount][kSplatBlock];
  V load(size_t field, size_t i) const { return hn::Load(D(), values[field] + i); }
  V3 load3(size_t field, size_t i) const { return {load(field, i), load(field + 1, i), load(field + 2, i)}; }
};

// Fields of the records `ids`; what is left of the block repeats the last. Asks for the coefficients, too, which are
// needed soon.
HWY_INLINE void LoadFields(const SplatView& view, const uint32_t* ids, size_t count, SplatFields& fields) {
  const size_t stride = view.layout.stride();
  for (size_t i = 0; i < kSplatBlock; ++i) {
    const float* const record = view.records + ids[HWY_MIN(i, count - 1)] * stride;
    for (size_t k = SplatLayout::kRest; k < stride; k += 16) hwy::Prefetch(record + k);
    hwy::Prefetch(view.records + ids[HWY_MIN(i + 8, count - 1)] * stride);
    for (size_t k = 0; k < SplatFields::kCount; ++k) fields.values[k][i] = record[k];
  }
}

struct Projection {
  V3 in_camera;
  V inverse_z;
  V slope_x, slope_y;      // x / z, y / z
  V bounded_x, bounded_y;  // within the guard band
  V3 scale;
  V3 axis[3];                 // of the splat, in the camera's frame
  V inverse_quaternion;       // 1 / length
  V quaternion[4];            // of length 1
  V3 jacobian_x, jacobian_y;  // d pixel / d p_in_camera
  V3 spread_x, spread_y;      // of the axes' ends on the screen: covariance = spread spread^T + low pass
  V var_x, cov, var_y;        // px^2
  V det_sharp, det;           // without and with the low pass
  V opacity;                  // as in the record
  V compensation;             // 1 where not antialiased
};

HWY_INLINE void RotateAxes(const SplatView& view, Projection& p) {
  const V x = p.quaternion[0], y = p.quaternion[1], z = p.quaternion[2], w = p.quaternion[3];
  const V one = Constant(1.0f), two = Constant(2.0f);
  const auto diagonal = [&](V a, V b) HWY_ATTR { return hn::NegMulAdd(two, hn::MulAdd(a, a, hn::Mul(b, b)), one); };
  const auto sum = [&](V a, V b, V c, V d) HWY_ATTR { return hn::Mul(two, hn::MulAdd(a, b, hn::Mul(c, d))); };
  const auto difference = [&](V a, V b, V c, V d) HWY_ATTR { return hn::Mul(two, hn::NegMulAdd(c, d, hn::Mul(a, b))); };
  p.axis[0] = Rotated(view.rotation, {diagonal(y, z), sum(x, y, w, z), difference(x, z, w, y)});
  p.axis[1] = Rotated(view.rotation, {difference(x, y, w, z), diagonal(x, z), sum(y, z, w, x)});
  p.axis[2] = Rotated(view.rotation, {sum(x, z, w, y), difference(y, z, w, x), diagonal(x, y)});
}

HWY_INLINE void ProjectPosition(const SplatView& view, const V3& position, Projection& p) {
  p.in_camera = Rotated(view.rotation, position);
  p.in_camera =
      Sum(p.in_camera, {Constant(view.translation[0]), Constant(view.translation[1]), Constant(view.translation[2])});
  p.inverse_z = hn::Div(Constant(1.0f), p.in_camera.z);
  p.slope_x = hn::Mul(p.in_camera.x, p.inverse_z);
  p.slope_y = hn::Mul(p.in_camera.y, p.inverse_z);
  p.bounded_x = hn::Min(hn::Max(p.slope_x, Constant(view.least_slope[0])), Constant(view.most_slope[0]));
  p.bounded_y = hn::Min(hn::Max(p.slope_y, Constant(view.least_slope[1])), Constant(view.most_slope[1]));
}

HWY_INLINE V3 SpreadOf(const Projection& p, const V3& jacobian) {
  return {hn::Mul(p.scale.x, Dot(p.axis[0], jacobian)), hn::Mul(p.scale.y, Dot(p.axis[1], jacobian)),
          hn::Mul(p.scale.z, Dot(p.axis[2], jacobian))};
}

HWY_INLINE void ProjectCovariance(const SplatView& view, Projection& p) {
  const V fx = hn::Mul(Constant(view.focal_px[0]), p.inverse_z), fy = hn::Mul(Constant(view.focal_px[1]), p.inverse_z);
  const V zero = hn::Zero(D());
  p.jacobian_x = {fx, zero, hn::Neg(hn::Mul(fx, p.bounded_x))};
  p.jacobian_y = {zero, fy, hn::Neg(hn::Mul(fy, p.bounded_y))};
  p.spread_x = SpreadOf(p, p.jacobian_x);
  p.spread_y = SpreadOf(p, p.jacobian_y);
  const V low_pass = Constant(kSplatLowPass_px2);
  const V sharp_x = Dot(p.spread_x, p.spread_x), sharp_y = Dot(p.spread_y, p.spread_y);
  p.var_x = hn::Add(sharp_x, low_pass);
  p.var_y = hn::Add(sharp_y, low_pass);
  p.cov = Dot(p.spread_x, p.spread_y);
  // Cauchy-Binet: |a|^2 |b|^2 - (a . b)^2 without the difference, which thin splats would not survive.
  const V3 across = Cross(p.spread_x, p.spread_y);
  p.det_sharp = Dot(across, across);
  p.det = hn::MulAdd(low_pass, hn::Add(hn::Add(sharp_x, sharp_y), low_pass), p.det_sharp);
}

HWY_INLINE Projection Project(const SplatView& view, const SplatFields& fields, size_t i) {
  const D d;
  Projection p;
  ProjectPosition(view, fields.load3(SplatLayout::kPosition, i), p);
  const V3 log_scale = fields.load3(SplatLayout::kLogScale, i);
  p.scale = {hn::Exp(d, log_scale.x), hn::Exp(d, log_scale.y), hn::Exp(d, log_scale.z)};
  V length2 = hn::Zero(d);
  for (size_t k = 0; k < 4; ++k) {
    p.quaternion[k] = fields.load(SplatLayout::kRotation + k, i);
    length2 = hn::MulAdd(p.quaternion[k], p.quaternion[k], length2);
  }
  p.inverse_quaternion = hn::Div(Constant(1.0f), hn::Sqrt(length2));
  for (V& value : p.quaternion) value = hn::Mul(value, p.inverse_quaternion);
  RotateAxes(view, p);
  ProjectCovariance(view, p);
  const V one = Constant(1.0f);
  p.opacity = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(fields.load(SplatLayout::kOpacity, i)))));
  p.compensation = one;
  if (view.antialiased) {
    const V floor = Constant(kSplatLeastCompensation * kSplatLeastCompensation);
    p.compensation = hn::Sqrt(hn::Max(hn::Div(p.det_sharp, p.det), floor));
  }
  return p;
}

// The shortest axis, turned to the camera.
HWY_INLINE V3 NormalOf(const Projection& p) {
  V least = p.scale.x;
  V3 normal = p.axis[0];
  for (size_t k = 1; k < 3; ++k) {
    const V scale = k == 1 ? p.scale.y : p.scale.z;
    const M shorter = hn::Lt(scale, least);
    least = hn::Min(scale, least);
    normal = {hn::IfThenElse(shorter, p.axis[k].x, normal.x), hn::IfThenElse(shorter, p.axis[k].y, normal.y),
              hn::IfThenElse(shorter, p.axis[k].z, normal.z)};
  }
  // Towards the camera is against the ray: where the dot product has no sign, all three get one.
  const V flip = hn::AndNot(Dot(normal, p.in_camera), hn::SignBit(D()));
  return {hn::Xor(normal.x, flip), hn::Xor(normal.y, flip), hn::Xor(normal.z, flip)};
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // DIORAMA_SPLAT_PROJECTION_INL_H
