#include "reconstruction/splats/cpu/record_adam.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reconstruction/splats/cpu/record_adam.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void UpdateRecords(const RecordAdam& adam, const uint32_t* splats, size_t count, const float* gradients, float* records,
                   float* first_moments, float* second_moments) {
  const hn::CappedTag<float, 8> d;  // strides are multiples of 8
  const size_t stride = adam.rates.size();
  const auto beta1 = hn::Set(d, RecordAdam::kBeta1), beta2 = hn::Set(d, RecordAdam::kBeta2);
  const auto rest1 = hn::Set(d, 1 - RecordAdam::kBeta1), rest2 = hn::Set(d, 1 - RecordAdam::kBeta2);
  const auto correction1 = hn::Set(d, adam.correction1), correction2 = hn::Set(d, adam.correction2);
  const auto epsilon = hn::Set(d, RecordAdam::kEpsilon);
  for (size_t i = 0; i < count; ++i) {
    const size_t base = size_t{splats[i]} * stride;
    for (size_t k = 0; k < stride; k += hn::Lanes(d)) {
      const auto g = hn::Load(d, gradients + i * stride + k);
      const auto m = hn::MulAdd(beta1, hn::Load(d, first_moments + base + k), hn::Mul(rest1, g));
      const auto v = hn::MulAdd(beta2, hn::Load(d, second_moments + base + k), hn::Mul(rest2, hn::Mul(g, g)));
      hn::Store(m, d, first_moments + base + k);
      hn::Store(v, d, second_moments + base + k);
      const auto way = hn::Div(hn::Mul(m, correction1), hn::Add(hn::Sqrt(hn::Mul(v, correction2)), epsilon));
      const auto p = hn::Load(d, records + base + k);
      hn::Store(hn::NegMulAdd(hn::Load(d, adam.rates.data() + k), way, p), d, records + base + k);
    }
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(UpdateRecords);

}  // namespace

RecordAdam::RecordAdam(SplatLayout layout, const StepRates& step_rates, size_t step) : rates(layout.stride(), 0.0f) {
  const auto set = [&](size_t first, size_t count, float rate) {
    std::fill_n(rates.begin() + static_cast<ptrdiff_t>(first), count, rate);
  };
  set(SplatLayout::kPosition, 3, step_rates.position_m);
  set(SplatLayout::kOpacity, 1, step_rates.opacity);
  set(SplatLayout::kLogScale, 3, step_rates.log_scale);
  set(SplatLayout::kRotation, 4, step_rates.rotation);
  set(SplatLayout::kColor, 3, step_rates.color);
  set(SplatLayout::kRest, layout.stride() - SplatLayout::kRest, step_rates.rest);
  const auto steps = static_cast<double>(step);
  correction1 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(kBeta1), steps)));
  correction2 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(kBeta2), steps)));
}

void update_records(const RecordAdam& adam, const uint32_t* splats, size_t count, const float* gradients,
                    float* records, float* first_moments, float* second_moments) {
  HWY_DYNAMIC_DISPATCH(UpdateRecords)(adam, splats, count, gradients, records, first_moments, second_moments);
}

}  // namespace diorama
#endif  // HWY_ONCE
