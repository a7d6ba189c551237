#include "reconstruction/splats/cpu/cpu_trainer.h"

#include "reconstruction/splats/cpu/depth_loss.h"
#include "reconstruction/splats/cpu/record_adam.h"
#include "reconstruction/splats/depth_normals.h"
#include "reconstruction/splats/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace diorama {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBlock = 64;           // splats that are updated at once: their gradients stay in the first cache
constexpr size_t kRowGrain = 16;        // rows of a piece of work
constexpr float kNoise = 5e5f;          // Kheradmand et al. 2024, equation 8
constexpr float kNoisyOpacity = 0.12f;  // above, the noise's weight is below 1e-5
constexpr int kResetEvery = 30;         // densifications of the classic strategy between resets of the opacities

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Mean distance of what the cameras see, or of the cameras from their middle where depth is unknown.
float extent_of(const TrainingSet& set) {
  double sum = 0, count = 0;
  for (const TrainingView& view : set.views) {
    for (const float z : view.depth_m.pixels()) {
      sum += z;
      count += z > 0;
    }
  }
  if (count > 0) return static_cast<float>(sum / count);
  glm::dvec3 mean(0);
  for (const TrainingView& view : set.views) {
    mean += glm::dvec3(view.camera.world_from_camera.translation) / static_cast<double>(set.views.size());
  }
  double spread = 1e-3;
  for (const TrainingView& view : set.views) {
    spread = std::max(spread, glm::length(glm::dvec3(view.camera.world_from_camera.translation) - mean));
  }
  return static_cast<float>(spread);
}

SplatRasterOptions raster_options(const SplatFitOptions& options, const TrainingSet& set, float progress) {
  SplatRasterOptions raster;
  raster.channels.depth = set.has_depth && options.depth_weight > 0;
  raster.channels.normals = set.has_depth && options.normal_weight > 0;
  raster.channels.depth = raster.channels.depth || raster.channels.normals;
  raster.background = set.white_background ? glm::vec3(1.0f) : glm::vec3(0.0f);
  raster.sh_degree = sh_degree_at(progress, options.sh_degree);
  raster.antialiased = options.antialiased;
  return raster;
}

}  // namespace

CpuSplatTrainer::CpuSplatTrainer(const TrainingSet& set, const SplatCloud& start, const SplatFitOptions& options,
                                 size_t max_splats, ThreadPool& pool)
    : set_(set),
      options_(options),
      max_splats_(max_splats),
      pool_(pool),
      extent_m_(extent_of(set)),
      model_(start),
      refinement_(set, {.poses = options.poses, .rig = options.rig, .exposure = options.exposure}),
      random_(static_cast<uint64_t>(options.seed), 3) {
  model_.reserve(max_splats);  // once: arrays that grow step by step are in memory twice while they are copied
}

const TrainingView& CpuSplatTrainer::view_at(size_t view, int shrink) {
  if (shrink != coarse_shrink_) {
    coarse_shrink_ = shrink;
    normals_.clear();
    coarse_.clear();
    coarse_.resize(shrink == 1 ? 0 : set_.views.size());
  }
  if (shrink == 1) return set_.views[view];
  TrainingView& coarse = coarse_[view];
  if (coarse.color.empty()) coarse = shrunk(set_.views[view], set_.views[view].camera.size_px / shrink);
  return coarse;
}

// The drawn picture with the view's exposure, and the view's own, as planes.
void CpuSplatTrainer::expose(const TrainingView& view, const Exposure& exposure) {
  const glm::ivec2 size = view.color.size_px();
  exposed_.resize(size, {});
  target_.resize(size, {});
  weights_.resize(view.mask.empty() ? 0 : exposed_.stride() * static_cast<size_t>(size.y));
  pool_.parallel_for(static_cast<size_t>(size.y), kRowGrain, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int y = static_cast<int>(row);
      const auto colors = view.color.row(y);
      for (int c = 0; c < 3; ++c) {
        const auto plane = static_cast<SplatPlane>(c);
        const auto drawn = std::as_const(image_).row(plane, y);
        const auto exposed = exposed_.row(plane, y), target = target_.row(plane, y);
        const float gain = exposure.gain[c], bias = exposure.bias[c];
        for (size_t x = 0; x < colors.size(); ++x) {
          exposed[x] = gain * drawn[x] + bias;
          target[x] = static_cast<float>(colors[x][c]) * (1.0f / 255.0f);
        }
      }
      if (weights_.empty()) continue;
      const auto mask = view.mask.row(y);
      for (size_t x = 0; x < mask.size(); ++x) {
        const bool counts = mask[x] != 0;
        weights_[row * exposed_.stride() + x] = counts ? 1.0f : 0.0f;
        // SSIM's windows reach into what is masked: there both pictures agree.
        for (int c = 0; c < 3 && !counts; ++c) {
          const auto plane = static_cast<SplatPlane>(c);
          exposed_.row(plane, y)[x] = target_.row(plane, y)[x];
        }
      }
    }
  });
}

StepResult CpuSplatTrainer::losses(const TrainingView& view, size_t index, const StepRates& rates) {
  const Exposure exposure = refinement_.exposure(index);
  expose(view, exposure);
  gradient_.resize(image_.size_px(), image_.channels());
  gradient_.fill(0.0f);
  const double loss = image_loss_.evaluate(rgb_planes(exposed_), rgb_planes(target_), options_.ssim_weight,
                                           weights_.empty() ? nullptr : weights_.data(), gradient_.data(), pool_);
  const float weight = options_.blur_weights ? view.sharpness : 1.0f;
  const auto rows = static_cast<size_t>(image_.size_px().y);
  const auto sums = sum_in_order(pool_, rows, kRowGrain, ExposureSums{}, [&](size_t begin, size_t end) {
    ExposureSums part;
    const size_t width = static_cast<size_t>(image_.size_px().x);
    for (size_t row = begin; row < end; ++row) {
      const int y = static_cast<int>(row);
      const float* const mask = weights_.empty() ? nullptr : weights_.data() + row * exposed_.stride();
      for (int c = 0; c < 3; ++c) {
        const auto plane = static_cast<SplatPlane>(c);
        const auto drawn = std::as_const(image_).row(plane, y);
        const auto target = std::as_const(target_).row(plane, y);
        const auto gradient = gradient_.row(plane, y);
        const float scale = weight * exposure.gain[c];
        const auto exposed = std::as_const(exposed_).row(plane, y);
        float x = 0, sum_y = 0, xx = 0, xy = 0, square = 0;
        for (size_t i = 0; i < drawn.size(); ++i) {
          const float counts = mask ? mask[i] : 1.0f;
          gradient[i] *= scale;
          x += counts * drawn[i];
          sum_y += counts * target[i];
          xx += counts * drawn[i] * drawn[i];
          xy += counts * drawn[i] * target[i];
          square += (exposed[i] - target[i]) * (exposed[i] - target[i]);
        }
        part.x[c] += x;
        part.y[c] += sum_y;
        part.xx[c] += xx;
        part.xy[c] += xy;
        part.square_error += square;
      }
      for (size_t i = 0; i < width; ++i) part.count += mask ? static_cast<double>(mask[i]) : 1.0;
    }
    return part;
  });
  refinement_.step_exposure(index, sums, rates.exposure);
  if (image_.channels().depth && options_.depth_weight > 0 && !view.depth_m.empty()) {
    add_depth_loss(image_, view.depth_m, options_.depth_weight, gradient_, pool_);
  }
  if (image_.channels().normals && !view.depth_m.empty()) {
    if (normals_.empty()) normals_.resize(set_.views.size());
    if (normals_[index].empty()) normals_[index] = normals_of(view.camera, view.depth_m, 2);
    add_normal_loss(image_, normals_[index], options_.normal_weight, gradient_, pool_);
  }
  return {loss, sums.square_error / std::max(3 * sums.count, 1.0)};
}

StepResult CpuSplatTrainer::step(const StepPlan& plan) {
  // A fit bounded by time learns on its way how many steps it will make.
  constexpr float kKnown = 0.02f;
  const double expected = plan.progress > kKnown ? static_cast<double>(plan.step) / static_cast<double>(plan.progress)
                                                 : static_cast<double>(budget_of(options_).steps);
  const StepRates rates = rates_at(plan.progress, expected, extent_m_);
  const TrainingView& full = set_.views[plan.view];
  const int shrink = shrink_at(plan.progress, full.camera.size_px);
  const TrainingView& view = view_at(plan.view, shrink);
  const Camera camera = resized(refinement_.camera(set_, plan.view), view.color.size_px());
  rasterizer_.forward(model_.records, model_.layout(), camera, raster_options(options_, set_, plan.progress), image_,
                      pool_);
  const auto loss_start = Clock::now();
  const StepResult result = losses(view, plan.view, rates);
  timings_.loss_s += seconds_since(loss_start);
  rasterizer_.backward(image_, gradient_, false, pool_);
  const auto update_start = Clock::now();
  update(plan, rates, shrink);
  timings_.update_s += seconds_since(update_start);
  const SplatTimings& raster = rasterizer_.timings();
  timings_.project_s += raster.project_s;
  timings_.sort_s += raster.sort_s;
  timings_.bin_s += raster.bin_s;
  timings_.forward_s += raster.blend_s;
  timings_.backward_s += raster.backward_s;
  ++timings_.steps;
  return result;
}

void CpuSplatTrainer::update(const StepPlan& plan, const StepRates& rates, int shrink) {
  const RecordAdam adam(model_.layout(), rates, plan.step);
  const size_t blocks = (rasterizer_.visible().size() + kBlock - 1) / kBlock;
  camera_shares_.assign(blocks, {});
  const float noise = options_.strategy == 0 ? kNoise * rates.position_m : 0.0f;
  pool_.parallel_for(blocks, 1, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) update_block(block, adam, plan, noise);
  });
  SplatCameraGradient total;
  for (const SplatCameraGradient& share : camera_shares_) total += share;
  refinement_.step(set_, plan.view, total, static_cast<float>(shrink), rates);
}

void CpuSplatTrainer::update_block(size_t block, const RecordAdam& adam, const StepPlan& plan, float noise) {
  const auto visible = rasterizer_.visible();
  const size_t first = block * kBlock, count = std::min(kBlock, visible.size() - first), stride = model_.stride();
  alignas(64) float gradients[kBlock * 64];
  std::array<SplatScreenGradient, kBlock> screen;
  const bool classic = options_.strategy == 1;
  rasterizer_.splat_gradients(
      first, count, {gradients, count * stride},
      classic ? std::span(screen).first(count) : std::span<SplatScreenGradient>(),
      refinement_.choice().poses || refinement_.choice().rig ? &camera_shares_[block] : nullptr);
  const float inverse_count = 1.0f / static_cast<float>(model_.count());
  const float half_width = 0.5f * static_cast<float>(image_.size_px().x);
  for (size_t i = 0; i < count; ++i) {
    const size_t splat = visible[first + i];
    float* const gradient = gradients + i * stride;
    const auto record = model_.record(splat);
    const float opacity = model_.opacity(splat);
    gradient[SplatLayout::kOpacity] += options_.opacity_reg * inverse_count * opacity * (1 - opacity);
    for (size_t axis = SplatLayout::kLogScale; axis < SplatLayout::kLogScale + 3; ++axis) {
      gradient[axis] += options_.scale_reg * inverse_count * std::exp(record[axis]);
    }
    if (classic) {
      model_.history[splat].gradient_sum += half_width * glm::length(screen[i].mean_px);
      ++model_.history[splat].views;
    }
  }
  update_records(adam, visible.data() + first, count, gradients, model_.records.data(), model_.first_moments.data(),
                 model_.second_moments.data());
  if (noise == 0) return;
  for (size_t i = 0; i < count; ++i) {
    const size_t splat = visible[first + i];
    const float opacity = model_.opacity(splat);
    if (opacity > kNoisyOpacity) continue;
    Random random(static_cast<uint64_t>(options_.seed) + plan.step * 0x9e3779b97f4a7c15ULL, splat);
    const float strength = noise / (1 + std::exp(100 * (opacity - 0.005f)));
    jitter(model_.record(splat), strength, random);
  }
}

DensifyStats CpuSplatTrainer::densify(float progress) {
  DensifyStats stats;
  stats.removed += remove_broken(model_);
  if (options_.prune_floaters && set_.has_depth) {
    stats.removed += remove_floaters(
        model_, set_, [&](size_t view) { return refinement_.camera(set_, view); }, pool_);
  }
  if (options_.strategy == 0) {
    const DensifyStats mcmc = densify_mcmc(model_, max_splats_, random_);
    stats.moved += mcmc.moved;
    stats.added += mcmc.added;
  } else if (options_.strategy == 1) {
    const DensifyStats classic = densify_classic(model_, max_splats_, extent_m_, random_);
    stats.added += classic.added;
    stats.removed += classic.removed;
    if (++densified_ % kResetEvery == 0 && progress < kDensifyUntil - 0.1f) reset_opacities(model_);
  }
  return stats;
}

SplatCloud CpuSplatTrainer::snapshot() const {
  const auto is_drawable = [&](size_t splat) { return is_finite_record(model_.record(splat)); };
  size_t sound = 0;
  while (sound < model_.count() && is_drawable(sound)) ++sound;
  if (sound == model_.count()) return cloud_from_records(model_.records, model_.layout());
  AlignedVector<float> drawable;
  for (size_t i = 0; i < model_.count(); ++i) {
    const auto record = model_.record(i);
    if (is_drawable(i)) drawable.insert(drawable.end(), record.begin(), record.end());
  }
  return cloud_from_records(drawable, model_.layout());
}

void CpuSplatTrainer::end_training() {
  model_.first_moments = AlignedVector<float>();
  model_.second_moments = AlignedVector<float>();
  rasterizer_ = SplatRasterizer();
  coarse_.clear();
  normals_.clear();
}

void CpuSplatTrainer::save(ByteWriter& out) const {
  out.put(int32_t{model_.layout().sh_degree});
  out.put_all(std::span<const float>(model_.records));
  out.put_all(std::span<const float>(model_.first_moments));
  out.put_all(std::span<const float>(model_.second_moments));
  out.put_all(std::span<const SplatHistory>(model_.history));
  out.put_all(std::span<const CameraRefinement::ViewState>(refinement_.views()));
  out.put(refinement_.rig());
  out.put(random_.state());
  out.put(int32_t{densified_});
}

void CpuSplatTrainer::load(ByteReader& in) {
  if (in.get<int32_t>() != model_.layout().sh_degree) {
    fail(ErrorCode::kInvalidInput, "the checkpoint's splats have another SH degree than {}", model_.layout().sh_degree);
  }
  in.get_all(model_.records);
  in.get_all(model_.first_moments);
  in.get_all(model_.second_moments);
  in.get_all(model_.history);
  in.get_all(refinement_.views());
  refinement_.rig() = in.get<CameraRefinement::RigState>();
  random_.restore(in.get<Random::State>());
  densified_ = in.get<int32_t>();
  const size_t floats = model_.history.size() * model_.stride();
  if (model_.records.size() != floats || model_.first_moments.size() != floats ||
      model_.second_moments.size() != floats || refinement_.views().size() != set_.views.size()) {
    fail(ErrorCode::kInvalidInput, "the checkpoint holds {} splats and {} views whose arrays do not fit together",
         model_.history.size(), refinement_.views().size());
  }
}

}  // namespace diorama
