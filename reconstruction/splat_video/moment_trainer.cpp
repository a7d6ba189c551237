#include "reconstruction/splat_video/moment_trainer.h"

#include "engine/base/random.h"
#include "reconstruction/splat_video/view_order.h"
#include "reconstruction/splats/cpu/record_adam.h"
#include "reconstruction/splats/densify.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kBlock = 64;  // splats that are updated at once
constexpr float kOpacityReg = 0.01f, kScaleReg = 0.01f;

float mean_depth(const MomentViews& moment) {
  double sum = 0, count = 0;
  for (const MomentView& view : moment.views) {
    for (const float z : view.depth_m.pixels()) {
      sum += static_cast<double>(z);
      count += z > 0;
    }
  }
  return count > 0 ? static_cast<float>(sum / count) : 1.0f;
}

// Of fine-tuning: what is left to do after motion is small.
StepRates tuning_rates(float progress, float extent_m) {
  const float settle = std::pow(0.1f, progress);
  StepRates rates;
  rates.position_m = 1.5e-4f * settle * extent_m;
  rates.log_scale = 1e-2f * settle;
  rates.rotation = 3e-3f * settle;
  rates.opacity = 2e-2f * settle;
  rates.color = 1.5e-2f * settle;
  rates.rest = 1e-3f * settle;
  return rates;
}

}  // namespace

MomentTrainer::MomentTrainer(const SplatVideoOptions& options, const SplatCloud& still, ThreadPool& pool)
    : options_(options), pool_(pool), loss_(options, still, pool) {}

void MomentTrainer::step(const MomentView& view, SplatModel& model, const Step& step) {
  loss_.evaluate(view, step.sh_degree, step.background);
  if (step.terms) {
    positions_.resize(loss_.moving_count());
    for (size_t i = 0; i < positions_.size(); ++i) {
      const float* const p = loss_.moving().data() + i * model.stride();
      positions_[i] = {p[0], p[1], p[2]};
    }
  }
  const RecordAdam adam(model.layout(), step.rates, step.number);
  pool_.parallel_for((loss_.visible_moving().size() + kBlock - 1) / kBlock, 1, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) update_block(block, adam, model, step);
  });
}

void MomentTrainer::update_block(size_t block, const RecordAdam& adam, SplatModel& model, const Step& step) {
  const auto visible = loss_.visible_moving();
  const size_t first = block * kBlock, count = std::min(kBlock, visible.size() - first), stride = model.stride();
  alignas(64) float gradients[kBlock * 64];
  loss_.gradients(first, count, {gradients, count * stride});
  const float inverse_count = 1.0f / static_cast<float>(loss_.moving_count());
  for (size_t i = 0; i < count; ++i) {
    const size_t splat = visible[first + i];
    const std::span<const float> record = loss_.moving().subspan(splat * stride, stride);
    const std::span<float> gradient(gradients + i * stride, stride);
    if (step.terms) step.terms->add_gradient(splat, record, positions_, gradient);
    if (!step.is_key) continue;
    const float opacity = 1 / (1 + std::exp(-record[SplatLayout::kOpacity]));
    gradient[SplatLayout::kOpacity] += kOpacityReg * inverse_count * opacity * (1 - opacity);
    for (size_t axis = SplatLayout::kLogScale; axis < SplatLayout::kLogScale + 3; ++axis) {
      gradient[axis] += kScaleReg * inverse_count * std::exp(record[axis]);
    }
  }
  update_records(adam, visible.data() + first, count, gradients, loss_.moving().data(), model.first_moments.data(),
                 model.second_moments.data());
}

SplatModel MomentTrainer::fit_key(const MomentViews& moment, const SplatCloud& start, size_t most, size_t steps,
                                  uint64_t salt, const std::function<void()>& advance) {
  SplatModel model(start);
  DIO_CHECK(model.layout() == loss_.layout() && !moment.views.empty());
  model.reserve(most);
  Random random(salt, 22);
  ViewOrder order(moment.views.size(), random);
  const float extent_m = mean_depth(moment);
  loss_.set_moving(model.records);
  for (size_t i = 1; i <= steps; ++i) {
    const float progress = static_cast<float>(i) / static_cast<float>(steps);
    const Step now{.rates = rates_at(progress, static_cast<double>(steps), extent_m),
                   .number = i,
                   .sh_degree = sh_degree_at(progress, options_.sh_degree),
                   .background = background_of(moment, random),
                   .is_key = true};
    step(moment.views[order.next()], model, now);
    if (i % kDensifyEvery == 0 && progress >= kDensifyFrom && progress < kDensifyUntil) {
      std::ranges::copy(loss_.moving(), model.records.begin());
      remove_broken(model);
      densify_mcmc(model, most, random);
      loss_.set_moving(model.records);
    }
    advance();
  }
  std::ranges::copy(loss_.moving(), model.records.begin());
  remove_broken(model);
  return model;
}

void MomentTrainer::fine_tune(const MomentViews& moment, SplatModel& model, const TemporalTerms& terms, size_t steps,
                              uint64_t salt, const std::function<void()>& advance) {
  if (moment.views.empty()) return;
  Random random(salt, 23);
  ViewOrder order(moment.views.size(), random);
  const float extent_m = mean_depth(moment);
  std::ranges::fill(model.first_moments, 0.0f);
  std::ranges::fill(model.second_moments, 0.0f);
  loss_.set_moving(model.records);
  for (size_t i = 1; i <= steps; ++i) {
    const Step now{.rates = tuning_rates(static_cast<float>(i) / static_cast<float>(steps), extent_m),
                   .number = i,
                   .sh_degree = options_.sh_degree,
                   .background = background_of(moment, random),
                   .terms = &terms};
    step(moment.views[order.next()], model, now);
    advance();
  }
  // What can't be drawn stays as it was: the group's splats keep their number.
  for (size_t i = 0; i < model.count(); ++i) {
    const std::span<const float> record = loss_.moving().subspan(i * model.stride(), model.stride());
    if (is_finite_record(record)) std::ranges::copy(record, model.record(i).begin());
  }
}

double MomentTrainer::psnr(const MomentViews& moment, const SplatModel& model) {
  loss_.set_moving(model.records);
  return diorama::psnr(loss_, moment);
}

}  // namespace diorama
