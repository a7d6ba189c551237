#include "engine/nn/activation.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/nn/activation.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h: it is included once for each target.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using ActivationTag = hn::CappedTag<float, 16>;
using ActivationVector = hn::Vec<ActivationTag>;

// The normal distribution at x, and its density.
struct Normal {
  ActivationVector below, density;
};

HWY_INLINE Normal NormalAt(ActivationVector x) {
  const ActivationTag d;
  const auto half = hn::Set(d, 0.5f);
  const auto bell = hn::Exp(d, hn::Neg(hn::Mul(half, hn::Mul(x, x))));
  const auto z = hn::Mul(hn::Abs(x), hn::Set(d, 0.707106781f));
  const auto t = hn::Div(hn::Set(d, 1.0f), hn::MulAdd(hn::Set(d, 0.3275911f), z, hn::Set(d, 1.0f)));
  auto sum = hn::MulAdd(hn::Set(d, 1.061405429f), t, hn::Set(d, -1.453152027f));
  sum = hn::MulAdd(sum, t, hn::Set(d, 1.421413741f));
  sum = hn::MulAdd(sum, t, hn::Set(d, -0.284496736f));
  sum = hn::MulAdd(sum, t, hn::Set(d, 0.254829592f));
  const auto beyond = hn::Mul(hn::Mul(half, hn::Mul(sum, t)), bell);  // the share above |x|
  const auto below = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), beyond, hn::Sub(hn::Set(d, 1.0f), beyond));
  return {below, hn::Mul(bell, hn::Set(d, 0.398942280f))};
}

HWY_INLINE ActivationVector SigmoidOf(ActivationVector x) {
  const ActivationTag d;
  const auto one = hn::Set(d, 1.0f);
  // Past 80 the exponential would leave the range of floats.
  const auto bounded = hn::Max(hn::Min(x, hn::Set(d, 80.0f)), hn::Set(d, -80.0f));
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(bounded))));
}

HWY_INLINE ActivationVector Activated(Activation activation, ActivationVector x) {
  if (activation == Activation::kRelu) return hn::Max(x, hn::Zero(ActivationTag()));
  if (activation == Activation::kSigmoid) return SigmoidOf(x);
  return hn::Mul(x, NormalAt(x).below);
}

// f'(in), where f(in) = out.
HWY_INLINE ActivationVector ActivationSlope(Activation activation, ActivationVector in, ActivationVector out) {
  const ActivationTag d;
  if (activation == Activation::kRelu) return hn::IfThenElseZero(hn::Gt(in, hn::Zero(d)), hn::Set(d, 1.0f));
  if (activation == Activation::kSigmoid) return hn::Mul(out, hn::Sub(hn::Set(d, 1.0f), out));
  const Normal normal = NormalAt(in);
  return hn::MulAdd(in, normal.density, normal.below);
}

void ActivateValues(Activation activation, const float* in, float* out, size_t count) {
  const ActivationTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(Activated(activation, hn::LoadU(d, in + i)), d, out + i);
  if (i == count) return;
  HWY_ALIGN float rest[16] = {};
  std::copy(in + i, in + count, rest);
  hn::Store(Activated(activation, hn::Load(d, rest)), d, rest);
  std::copy_n(rest, count - i, out + i);
}

void ActivateValuesBackward(Activation activation, const ActivationGradient& given, float* in_gradient, size_t count,
                            bool accumulate) {
  const ActivationTag d;
  const size_t lanes = hn::Lanes(d);
  const auto gradient_at = [&](const float* in, const float* out, const float* gradient) HWY_ATTR {
    return hn::Mul(ActivationSlope(activation, hn::LoadU(d, in), hn::LoadU(d, out)), hn::LoadU(d, gradient));
  };
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto gradient = gradient_at(given.in + i, given.out + i, given.out_gradient + i);
    if (accumulate) gradient = hn::Add(hn::LoadU(d, in_gradient + i), gradient);
    hn::StoreU(gradient, d, in_gradient + i);
  }
  if (i == count) return;
  HWY_ALIGN float rest[3][16] = {};
  std::copy(given.in + i, given.in + count, rest[0]);
  std::copy(given.out + i, given.out + count, rest[1]);
  std::copy(given.out_gradient + i, given.out_gradient + count, rest[2]);
  hn::Store(gradient_at(rest[0], rest[1], rest[2]), d, rest[2]);
  for (size_t x = 0; i + x < count; ++x) in_gradient[i + x] = (accumulate ? in_gradient[i + x] : 0.0f) + rest[2][x];
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(ActivateValues);
HWY_EXPORT(ActivateValuesBackward);

constexpr std::array<std::string_view, 3> kActivationNames = {"relu", "gelu", "sigmoid"};

}  // namespace

std::string_view activation_name(Activation activation) {
  return kActivationNames[static_cast<size_t>(activation)];
}

Activation activation_from_name(std::string_view name) {
  const auto found = std::find(kActivationNames.begin(), kActivationNames.end(), name);
  if (found == kActivationNames.end()) {
    fail(ErrorCode::kUnsupported, "activation \"{}\" is unknown; there are relu, gelu and sigmoid", name);
  }
  return static_cast<Activation>(found - kActivationNames.begin());
}

void activate(Activation activation, const float* in, float* out, size_t count) {
  HWY_DYNAMIC_DISPATCH(ActivateValues)(activation, in, out, count);
}

void activate_backward(Activation activation, const ActivationGradient& given, float* in_gradient, size_t count,
                       bool accumulate) {
  HWY_DYNAMIC_DISPATCH(ActivateValuesBackward)(activation, given, in_gradient, count, accumulate);
}

}  // namespace diorama
#endif  // HWY_ONCE
