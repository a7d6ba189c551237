#include "engine/raster/flip_pixels.h"

#include <array>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/flip_pixels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After highway.h: it is included once for each target.
#include <hwy/contrib/math/math-inl.h>

#ifndef DIORAMA_FLIP_CONSTANTS
#define DIORAMA_FLIP_CONSTANTS
namespace diorama {

constexpr float kColorExponent = 0.7f;  // qc; the features' qf = 0.5 is a square root
constexpr float kKnee = 0.4f;           // pc: of the largest colour difference
constexpr float kKneeError = 0.95f;     // pt: the error there

struct FlipConstants {
  glm::mat3 rgb_from_xyz;
  float largest = 0;  // power-mapped colour difference of green and blue
};

}  // namespace diorama
#endif

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

struct V3 {
  V x, y, z;
};

// base^exponent for base >= 0; 0 stays 0.
HWY_INLINE V Power(D d, V base, V exponent) {
  const V tiny = hn::Set(d, 1e-30f);
  const V power = hn::Exp(d, hn::Mul(exponent, hn::Log(d, hn::Max(base, tiny))));
  return hn::IfThenElseZero(hn::Gt(base, tiny), power);
}

HWY_INLINE V Row(D d, const glm::mat3& m, int row, const V3& v) {
  const V x = hn::Mul(hn::Set(d, m[0][row]), v.x);
  return hn::MulAdd(hn::Set(d, m[2][row]), v.z, hn::MulAdd(hn::Set(d, m[1][row]), v.y, x));
}

HWY_INLINE V3 Transform(D d, const glm::mat3& m, const V3& v) {
  return {Row(d, m, 0, v), Row(d, m, 1, v), Row(d, m, 2, v)};
}

HWY_INLINE V LabCurve(D d, V t) {
  constexpr float kDelta = 6.0f / 29.0f;
  const V linear = hn::MulAdd(t, hn::Set(d, 1.0f / (3.0f * kDelta * kDelta)), hn::Set(d, 4.0f / 29.0f));
  const V root = Power(d, t, hn::Set(d, 1.0f / 3.0f));
  return hn::IfThenElse(hn::Gt(t, hn::Set(d, kDelta * kDelta * kDelta)), root, linear);
}

// Linear RGB in [0, 1] to L*a*b* with chroma scaled by lightness (Hunt effect).
HWY_INLINE V3 HuntLab(D d, const V3& rgb) {
  const V3 xyz = Transform(d, kFlipXyzFromRgb, rgb);
  const V fx = LabCurve(d, xyz.x), fy = LabCurve(d, xyz.y), fz = LabCurve(d, xyz.z);
  const V lightness = hn::Sub(hn::Mul(hn::Set(d, 116.0f), fy), hn::Set(d, 16.0f));
  const V hunt = hn::Mul(lightness, hn::Set(d, 0.01f));
  return {lightness, hn::Mul(hunt, hn::Mul(hn::Set(d, 500.0f), hn::Sub(fx, fy))),
          hn::Mul(hunt, hn::Mul(hn::Set(d, 200.0f), hn::Sub(fy, fz)))};
}

HWY_INLINE V Length(V x, V y) {
  return hn::Sqrt(hn::MulAdd(x, x, hn::Mul(y, y)));
}

// HyAB distance to the power qc.
HWY_INLINE V ColorDifference(D d, const V3& a, const V3& b) {
  const V chroma = Length(hn::Sub(a.y, b.y), hn::Sub(a.z, b.z));
  return Power(d, hn::Add(hn::Abs(hn::Sub(a.x, b.x)), chroma), hn::Set(d, kColorExponent));
}

HWY_INLINE V3 FilteredColor(D d, const FlipPlanes& planes, size_t i, const FlipConstants& constants) {
  const auto load = [&](size_t plane) HWY_ATTR { return hn::LoadU(d, planes[plane].pixels().data() + i); };
  const V y = hn::Mul(hn::Add(load(0), hn::Set(d, 16.0f)), hn::Set(d, 1.0f / 116.0f));
  const V x = hn::MulAdd(load(1), hn::Set(d, 1.0f / 500.0f), y);
  const V z = hn::NegMulAdd(hn::Add(load(2), load(3)), hn::Set(d, 1.0f / 200.0f), y);
  const V3 rgb = Transform(d, constants.rgb_from_xyz, {x, y, z});
  const auto clamp = [&](V v) HWY_ATTR { return hn::Min(hn::Max(v, hn::Zero(d)), hn::Set(d, 1.0f)); };
  return HuntLab(d, {clamp(rgb.x), clamp(rgb.y), clamp(rgb.z)});
}

// Below the knee errors are stretched, above it they are squeezed towards 1.
HWY_INLINE V Redistributed(D d, V difference, float largest) {
  const float knee = kKnee * largest;
  const V low = hn::Mul(difference, hn::Set(d, kKneeError / knee));
  const V high = hn::MulAdd(hn::Sub(difference, hn::Set(d, knee)), hn::Set(d, (1 - kKneeError) / (largest - knee)),
                            hn::Set(d, kKneeError));
  return hn::IfThenElse(hn::Lt(difference, hn::Set(d, knee)), low, high);
}

HWY_INLINE V FeatureDifference(D d, const FlipPlanes& a, const FlipPlanes& b, size_t i) {
  const auto strength = [&](const FlipPlanes& planes, size_t plane) HWY_ATTR {
    return Length(hn::LoadU(d, planes[plane].pixels().data() + i), hn::LoadU(d, planes[plane + 1].pixels().data() + i));
  };
  const V edges = hn::Abs(hn::Sub(strength(a, 4), strength(b, 4)));
  const V points = hn::Abs(hn::Sub(strength(a, 6), strength(b, 6)));
  // The filters saw 116 Y, and a unit step in both directions is sqrt(2) long.
  return hn::Sqrt(hn::Mul(hn::Max(edges, points), hn::Set(d, 0.70710678f / 116.0f)));
}

HWY_INLINE V PixelErrors(D d, const FlipPlanes& a, const FlipPlanes& b, size_t i, const FlipConstants& constants) {
  const V color = ColorDifference(d, FilteredColor(d, a, i, constants), FilteredColor(d, b, i, constants));
  const V exponent = hn::Sub(hn::Set(d, 1.0f), FeatureDifference(d, a, b, i));
  const V error = Power(d, Redistributed(d, color, constants.largest), exponent);
  return hn::Min(error, hn::Set(d, 1.0f));
}

void FlipErrors(const FlipPlanes& a, const FlipPlanes& b, const FlipConstants& constants, size_t first, float* errors,
                size_t count) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(PixelErrors(d, a, b, first + i, constants), d, errors + i);
  if (i == count) return;
  // The rest goes through full vectors too, from copies: no read past the planes.
  FlipPlanes tail_a, tail_b;
  for (const auto& [planes, tail] : {std::pair(&a, &tail_a), std::pair(&b, &tail_b)}) {
    for (const ImageF32& plane : *planes) {
      tail->emplace_back(glm::ivec2(static_cast<int>(lanes), 1));
      for (size_t k = 0; k < count - i; ++k) tail->back().pixels()[k] = plane.pixels()[first + i + k];
    }
  }
  ImageF32 tail_errors(glm::ivec2(static_cast<int>(lanes), 1));
  hn::StoreU(PixelErrors(d, tail_a, tail_b, 0, constants), d, tail_errors.pixels().data());
  for (size_t k = 0; i + k < count; ++k) errors[i + k] = tail_errors.pixels()[k];
}

float LargestDifference() {
  const D d;
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  return hn::GetLane(ColorDifference(d, HuntLab(d, {zero, one, zero}), HuntLab(d, {zero, zero, one})));
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(FlipErrors);
HWY_EXPORT(LargestDifference);

void flip_errors(const FlipPlanes& reference, const FlipPlanes& test, size_t first, std::span<float> errors) {
  DIO_CHECK(reference.size() == kFlipPlaneCount && test.size() == kFlipPlaneCount);
  DIO_CHECK(first + errors.size() <= reference.front().pixels().size());
  const FlipConstants constants{glm::inverse(kFlipXyzFromRgb), HWY_DYNAMIC_DISPATCH(LargestDifference)()};
  HWY_DYNAMIC_DISPATCH(FlipErrors)(reference, test, constants, first, errors.data(), errors.size());
}

}  // namespace diorama
#endif  // HWY_ONCE
