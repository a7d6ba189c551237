#include "engine/nn/adamw.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/nn/adamw.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef DIORAMA_ENGINE_NN_ADAMW_ONCE
#define DIORAMA_ENGINE_NN_ADAMW_ONCE
namespace diorama {

// Values of a step that do not depend on the parameter.
struct AdamWStep {
  float beta1 = 0, beta2 = 0, rate = 0, correction2 = 0, epsilon = 0, keep = 1;
  bool skip_zero = false;
};

}  // namespace diorama
#endif

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE void UpdateAdamWAt(D d, const AdamWStep& step, const float* gradients, float* parameters, float* first,
                              float* second) {
  const auto g = hn::LoadU(d, gradients), p = hn::LoadU(d, parameters);
  const auto old_m = hn::LoadU(d, first), old_v = hn::LoadU(d, second);
  const auto m = hn::MulAdd(hn::Set(d, step.beta1), old_m, hn::Mul(hn::Set(d, 1 - step.beta1), g));
  const auto v = hn::MulAdd(hn::Set(d, step.beta2), old_v, hn::Mul(hn::Set(d, 1 - step.beta2), hn::Mul(g, g)));
  const auto spread = hn::Add(hn::Sqrt(hn::Mul(v, hn::Set(d, step.correction2))), hn::Set(d, step.epsilon));
  const auto moved = hn::NegMulAdd(hn::Set(d, step.rate), hn::Div(m, spread), hn::Mul(hn::Set(d, step.keep), p));
  const auto stays = step.skip_zero ? hn::Eq(g, hn::Zero(d)) : hn::Ne(g, g);
  hn::StoreU(hn::IfThenElse(stays, p, moved), d, parameters);
  hn::StoreU(hn::IfThenElse(stays, old_m, m), d, first);
  hn::StoreU(hn::IfThenElse(stays, old_v, v), d, second);
}

void UpdateAdamW(const AdamWStep& step, const float* gradients, float* parameters, float* first, float* second,
                 size_t count) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    if (step.skip_zero && hn::AllTrue(d, hn::Eq(hn::LoadU(d, gradients + i), hn::Zero(d)))) continue;
    UpdateAdamWAt(d, step, gradients + i, parameters + i, first + i, second + i);
  }
  for (; i < count; ++i) UpdateAdamWAt(one, step, gradients + i, parameters + i, first + i, second + i);
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(UpdateAdamW);

constexpr size_t kGrain = 16384;

}  // namespace

void AdamW::update(const AdamWOptions& options, uint64_t step, size_t offset, std::span<const float> gradient,
                   std::span<float> parameters, ThreadPool& pool) {
  DIO_CHECK(step > 0 && gradient.size() == parameters.size() && offset + gradient.size() <= first_.size());
  const auto correction = [&](float beta) { return 1 / (1 - std::pow(double{beta}, static_cast<double>(step))); };
  const AdamWStep values{options.beta1,
                         options.beta2,
                         static_cast<float>(options.rate * correction(options.beta1)),
                         static_cast<float>(correction(options.beta2)),
                         options.epsilon,
                         1 - options.rate * options.weight_decay,
                         options.skip_zero};
  const auto move = [&](size_t begin, size_t end) {
    HWY_DYNAMIC_DISPATCH(UpdateAdamW)
    (values, gradient.data() + begin, parameters.data() + begin, first_.data() + offset + begin,
     second_.data() + offset + begin, end - begin);
  };
  pool.parallel_for(gradient.size(), kGrain, std::ref(move));
}

void update_average(float decay, std::span<const float> parameters, std::span<float> average, ThreadPool& pool) {
  DIO_CHECK(parameters.size() == average.size());
  const auto follow = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) average[i] += (1 - decay) * (parameters[i] - average[i]);
  };
  pool.parallel_for(average.size(), kGrain, std::ref(follow));
}

float average_decay(float decay, uint64_t step) {
  const auto steps = static_cast<float>(step);
  return std::min(decay, (1 + steps) / (10 + steps));
}

float RateSchedule::at(uint64_t step) const {
  DIO_CHECK(step > 0 && end > 0);
  if (step <= warmup_steps) {
    const float done = static_cast<float>(step) / static_cast<float>(warmup_steps);
    return warmup_start + (1 - warmup_start) * done;
  }
  const uint64_t whole = steps > warmup_steps ? steps - warmup_steps : 1;
  const float done = std::min(1.0f, static_cast<float>(step - warmup_steps) / static_cast<float>(whole));
  if (shape == Shape::kExponential) return std::pow(end, done);
  if (shape == Shape::kCosine) return end + (1 - end) * 0.5f * (1 + std::cos(done * std::numbers::pi_v<float>));
  return 1;
}

}  // namespace diorama
#endif  // HWY_ONCE
