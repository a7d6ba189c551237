#include "reconstruction/splat_video/moment_trainer.h"

#include "engine/base/random.h"
#include "engine/scene/splat_edit.h"
#include "reconstruction/splats/cpu/depth_loss.h"
#include "reconstruction/splats/cpu/record_adam.h"
#include "reconstruction/splats/densify.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

constexpr size_t kBlock = 64;     // splats that are updated at once
constexpr size_t kRowGrain = 16;  // rows of a piece of work
constexpr float kOpacityReg = 0.01f, kScaleReg = 0.01f;

// What is drawn behind what moves: another of the cube's corners at each step where the pictures have alpha, so that
// opacity is found, too.
glm::vec3 background_of(const MomentViews& moment, Random& random) {
  if (!moment.has_alpha) return glm::vec3(0);
  return {random.below(2), random.below(2), random.below(2)};
}

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

// Views in random order, each once a pass.
class Order {
 public:
  Order(size_t views, Random& random) : order_(views), random_(random) {
    std::iota(order_.begin(), order_.end(), uint32_t{0});
  }
  size_t next() {
    if (at_ == 0) shuffle(order_, random_);
    const size_t view = order_[at_];
    at_ = (at_ + 1) % order_.size();
    return view;
  }

 private:
  std::vector<uint32_t> order_;
  size_t at_ = 0;
  Random& random_;
};

}  // namespace

MomentTrainer::MomentTrainer(const SplatVideoOptions& options, const SplatCloud& still, ThreadPool& pool)
    : options_(options), layout_{.sh_degree = options.sh_degree}, pool_(pool) {
  if (still.size() == 0) return;
  SplatCloud same_degree = still;
  limit_sh_degree(same_degree, options.sh_degree);
  SplatCloud none{.sh_degree = options.sh_degree};
  still_ = records_from_cloud(joined(same_degree, none));
}

void MomentTrainer::join(const SplatModel& model) {
  moving_ = model.count();
  records_.assign(model.records.begin(), model.records.end());
  records_.insert(records_.end(), still_.begin(), still_.end());
}

void MomentTrainer::draw(const MomentView& view, SplatLayout layout, int sh_degree, glm::vec3 background) {
  SplatRasterOptions raster;
  raster.channels.depth = options_.depth_weight > 0 && !view.depth_m.empty();
  raster.background = background;
  raster.sh_degree = sh_degree;
  raster.near_m = 0.05f;
  rasterizer_.forward(records_, layout, view.camera, raster, image_, pool_);
}

void MomentTrainer::set_target(const MomentView& view, glm::vec3 background) {
  target_.resize(view.color.size_px(), image_.channels());
  weights_.resize(view.counts.empty() ? 0 : target_.stride() * static_cast<size_t>(view.color.height()));
  pool_.parallel_for(static_cast<size_t>(view.color.height()), kRowGrain, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int y = static_cast<int>(row);
      const auto colors = view.color.row(y);
      for (int c = 0; c < 3; ++c) {
        const auto target = target_.row(static_cast<SplatPlane>(c), y);
        for (size_t x = 0; x < colors.size(); ++x) {
          const float alpha = static_cast<float>(colors[x].a) * (1.0f / 255.0f);
          target[x] = alpha * static_cast<float>(colors[x][c]) * (1.0f / 255.0f) + (1 - alpha) * background[c];
        }
      }
      if (weights_.empty()) continue;
      const auto counts = view.counts.row(y);
      for (size_t x = 0; x < counts.size(); ++x) {
        weights_[row * target_.stride() + x] = counts[x] != 0 ? 1.0f : 0.0f;
        // SSIM's windows reach into what is masked: there both pictures agree.
        for (int c = 0; c < 3 && counts[x] == 0; ++c) {
          target_.row(static_cast<SplatPlane>(c), y)[x] = image_.row(static_cast<SplatPlane>(c), y)[x];
        }
      }
    }
  });
}

void MomentTrainer::step(const MomentView& view, SplatModel& model, const Step& step) {
  draw(view, layout_, step.sh_degree, step.background);
  set_target(view, step.background);
  gradient_.resize(image_.size_px(), image_.channels());
  gradient_.fill(0.0f);
  image_loss_.evaluate(rgb_planes(image_), rgb_planes(target_), options_.ssim_weight,
                       weights_.empty() ? nullptr : weights_.data(), gradient_.data(), pool_);
  if (image_.channels().depth) add_depth_loss(image_, view.depth_m, options_.depth_weight, gradient_, pool_);
  rasterizer_.backward(image_, gradient_, false, pool_);
  const auto visible = rasterizer_.visible();
  const auto of_model =
      static_cast<size_t>(std::ranges::lower_bound(visible, static_cast<uint32_t>(moving_)) - visible.begin());
  if (step.terms) {
    positions_.resize(moving_);
    for (size_t i = 0; i < moving_; ++i) {
      const float* const p = records_.data() + i * layout_.stride();
      positions_[i] = {p[0], p[1], p[2]};
    }
  }
  const RecordAdam adam(layout_, step.rates, step.number);
  pool_.parallel_for((of_model + kBlock - 1) / kBlock, 1, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) update_block(block, of_model, adam, model, step);
  });
}

void MomentTrainer::update_block(size_t block, size_t visible_count, const RecordAdam& adam, SplatModel& model,
                                 const Step& step) {
  const auto visible = rasterizer_.visible();
  const size_t first = block * kBlock, count = std::min(kBlock, visible_count - first), stride = layout_.stride();
  alignas(64) float gradients[kBlock * 64];
  rasterizer_.splat_gradients(first, count, {gradients, count * stride}, {}, nullptr);
  const float inverse_count = 1.0f / static_cast<float>(moving_);
  for (size_t i = 0; i < count; ++i) {
    const size_t splat = visible[first + i];
    const std::span<const float> record(records_.data() + splat * stride, stride);
    const std::span<float> gradient(gradients + i * stride, stride);
    if (step.terms) step.terms->add_gradient(splat, record, positions_, gradient);
    if (!step.is_key) continue;
    const float opacity = 1 / (1 + std::exp(-record[SplatLayout::kOpacity]));
    gradient[SplatLayout::kOpacity] += kOpacityReg * inverse_count * opacity * (1 - opacity);
    for (size_t axis = SplatLayout::kLogScale; axis < SplatLayout::kLogScale + 3; ++axis) {
      gradient[axis] += kScaleReg * inverse_count * std::exp(record[axis]);
    }
  }
  update_records(adam, visible.data() + first, count, gradients, records_.data(), model.first_moments.data(),
                 model.second_moments.data());
}

SplatModel MomentTrainer::fit_key(const MomentViews& moment, const SplatCloud& start, size_t most, size_t steps,
                                  uint64_t salt, const std::function<void()>& advance) {
  SplatModel model(start);
  DIO_CHECK(model.layout() == layout_ && !moment.views.empty());
  model.reserve(most);
  Random random(salt, 22);
  Order order(moment.views.size(), random);
  const float extent_m = mean_depth(moment);
  join(model);
  for (size_t i = 1; i <= steps; ++i) {
    const float progress = static_cast<float>(i) / static_cast<float>(steps);
    const Step now{.rates = rates_at(progress, static_cast<double>(steps), extent_m),
                   .number = i,
                   .sh_degree = sh_degree_at(progress, options_.sh_degree),
                   .background = background_of(moment, random),
                   .is_key = true};
    step(moment.views[order.next()], model, now);
    if (i % kDensifyEvery == 0 && progress >= kDensifyFrom && progress < kDensifyUntil) {
      std::copy_n(records_.begin(), model.records.size(), model.records.begin());
      remove_broken(model);
      densify_mcmc(model, most, random);
      join(model);
    }
    advance();
  }
  std::copy_n(records_.begin(), model.records.size(), model.records.begin());
  remove_broken(model);
  return model;
}

void MomentTrainer::fine_tune(const MomentViews& moment, SplatModel& model, const TemporalTerms& terms, size_t steps,
                              uint64_t salt, const std::function<void()>& advance) {
  if (moment.views.empty()) return;
  Random random(salt, 23);
  Order order(moment.views.size(), random);
  const float extent_m = mean_depth(moment);
  std::ranges::fill(model.first_moments, 0.0f);
  std::ranges::fill(model.second_moments, 0.0f);
  join(model);
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
    const std::span<const float> record(records_.data() + i * layout_.stride(), layout_.stride());
    if (is_finite_record(record)) std::ranges::copy(record, model.record(i).begin());
  }
}

double MomentTrainer::psnr(const MomentViews& moment, const SplatModel& model) {
  join(model);
  double squares = 0, count = 0;
  for (const MomentView& view : moment.views) {
    const glm::vec3 background(moment.has_alpha ? 1.0f : 0.0f);
    draw(view, layout_, options_.sh_degree, background);
    set_target(view, background);
    for (int y = 0; y < view.inside.height(); ++y) {
      const auto inside = view.inside.row(y);
      for (int c = 0; c < 3; ++c) {
        const auto drawn = std::as_const(image_).row(static_cast<SplatPlane>(c), y);
        const auto target = std::as_const(target_).row(static_cast<SplatPlane>(c), y);
        for (size_t x = 0; x < inside.size(); ++x) {
          if (!inside[x]) continue;
          const double difference = static_cast<double>(std::clamp(drawn[x], 0.0f, 1.0f) - target[x]);
          squares += difference * difference;
          ++count;
        }
      }
    }
  }
  return -10 * std::log10(std::max(squares / std::max(count, 1.0), 1e-10));
}

}  // namespace diorama
