#include "reconstruction/splats/fit_splats.h"

#include "capture/calibration_file.h"
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/scene/splat_transform.h"
#include "reconstruction/provenance/asset_record.h"
#include "reconstruction/splats/cpu/cpu_trainer.h"
#include "reconstruction/splats/fit_checkpoint.h"
#include "reconstruction/splats/realised_schedule.h"
#include "reconstruction/splats/start_splats.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Bytes of a splat in a .glb: position, rotation, scale, opacity, colour for plain viewers, harmonics.
size_t glb_bytes_a_splat(int sh_degree) {
  return 12 + 16 + 12 + 4 + 8 + 12 * static_cast<size_t>(sh_count(sh_degree));
}

SplatBudget checked_budget(const SplatFitOptions& options) {
  SplatBudget budget = budget_of(options);
  if (options.max_mb > 0) {
    constexpr double kHeader = 8192;
    const double bytes = std::max(0.0, options.max_mb * 1048576.0 - kHeader);
    const auto fitting = static_cast<size_t>(bytes / static_cast<double>(glb_bytes_a_splat(options.sh_degree)));
    if (fitting == 0) {
      fail(ErrorCode::kInvalidInput, "--max-mb {} holds no splat; one of SH degree {} takes {} bytes, and the file {}",
           options.max_mb, options.sh_degree, glb_bytes_a_splat(options.sh_degree), kHeader);
    }
    budget.max_splats = std::min(budget.max_splats, fitting);
    budget.start_splats = std::min(budget.start_splats, budget.max_splats);
  }
  return budget;
}

SplatCloud start_cloud(const Capture& capture, const TrainingSet& set, const SplatFitOptions& options, size_t count,
                       JobContext& job) {
  const StartOptions start{
      .count = count, .voxel_m = options.start_voxel_m, .seed = static_cast<uint64_t>(options.seed)};
  return splats_at(start_points(capture, set, start, job), options.sh_degree, job.pool());
}

std::string identity_of(const Capture& capture, const TrainingSet& set, SplatFitOptions options) {
  std::vector<size_t> frames;
  for (const TrainingView& view : set.views) frames.push_back(view.frame);
  return fit_identity(capture, frames, options_to_json(option_fields(options)));
}

// The training loop: views in random order, each once a pass.
class Training {
 public:
  Training(SplatTrainer& trainer, const TrainingSet& set, RealisedSchedule schedule, uint64_t seed, JobContext& job)
      : trainer_(trainer), schedule_(std::move(schedule)), random_(seed, 4), job_(job), order_(set.views.size()) {
    std::iota(order_.begin(), order_.end(), uint32_t{0});
  }

  void save(const std::filesystem::path& folder, const std::string& identity, const SplatFitStats& stats) const {
    ByteWriter out;
    out.put(uint64_t{stats.steps});
    out.put_all(std::span<const SplatFitPoint>(stats.curve));
    out.put_all(std::span<const float>(schedule_.entries()));
    out.put(random_.state());
    out.put_all(std::span<const uint32_t>(order_));
    out.put(uint64_t{at_});
    out.put(uint64_t{summed_});
    out.put(loss_);
    out.put(squares_);
    trainer_.save(out);
    save_fit_state(folder, identity, out.bytes());
  }

  void load(std::span<const std::byte> state, SplatFitStats& stats) {
    ByteReader in(state);
    stats.steps = in.get<uint64_t>();
    in.get_all(stats.curve);
    std::vector<float> entries;
    in.get_all(entries);
    schedule_.resume(std::move(entries));
    random_.restore(in.get<Random::State>());
    in.get_all(order_);
    at_ = in.get<uint64_t>();
    summed_ = in.get<uint64_t>();
    loss_ = in.get<double>();
    squares_ = in.get<double>();
    trainer_.load(in);
    const bool sound = in.at_end() && at_ <= order_.size() &&
                       std::ranges::all_of(order_, [&](uint32_t view) { return view < order_.size(); });
    if (!sound) fail(ErrorCode::kInvalidInput, "the checkpoint's order of views does not fit the capture");
  }

  // `between` is called before each step.
  void run(size_t steps, Clock::time_point fit_start, SplatFitStats& stats, const std::function<void()>& between) {
    job_.begin_stage("train", steps, stats.steps);
    for (size_t step = stats.steps + 1;; ++step) {
      between();
      const float progress = schedule_.progress(step);
      if (progress < 0) break;
      const StepResult result = trainer_.step({next_view(), step, progress});
      add_to_curve(result, step, fit_start, stats);
      if (step % kDensifyEvery == 0 && progress >= kDensifyFrom && progress < kDensifyUntil) trainer_.densify(progress);
      stats.steps = step;
      job_.advance();
    }
    stats.schedule_json = to_json(schedule_, stats.steps);
  }

 private:
  size_t next_view() {
    if (at_ == order_.size()) {
      trainer_.end_pass();
      at_ = 0;
    }
    if (at_ == 0) shuffle(order_, random_);
    return order_[at_++];
  }

  void add_to_curve(const StepResult& result, size_t step, Clock::time_point fit_start, SplatFitStats& stats) {
    loss_ += result.loss;
    squares_ += result.mean_square_error;
    ++summed_;
    if (summed_ < std::min<size_t>(order_.size(), 100)) return;
    const double count = static_cast<double>(summed_);
    const double psnr = -10 * std::log10(std::max(squares_ / count, 1e-10));
    stats.curve.push_back({step, seconds_since(fit_start), loss_ / count, psnr, trainer_.count()});
    job_.set_score(psnr);
    loss_ = squares_ = 0;
    summed_ = 0;
  }

  SplatTrainer& trainer_;
  RealisedSchedule schedule_;
  Random random_;
  JobContext& job_;
  std::vector<uint32_t> order_;
  size_t at_ = 0, summed_ = 0;
  double loss_ = 0, squares_ = 0;
};

// The colour camera as the fit stands.
std::optional<RigCalibration> calibration_of(const Capture& capture, const SplatTrainer& trainer) {
  if (!trainer.refinement().choice().rig) return capture.calibration();
  return trainer.refinement().refined(*capture.calibration());
}

Asset asset_of(const Capture& capture, const SplatTrainer& trainer, SplatFitOptions options) {
  AssetRecord record = asset_record(capture, "splats", options_to_json(option_fields(options)));
  record.antialiased = options.antialiased;
  if (const auto calibration = calibration_of(capture, trainer)) {
    record.calibration_json = to_json(CaptureCalibration{calibration, capture.corrections()});
  }
  SplatCloud cloud = trainer.snapshot();
  transform(cloud, record.asset_from_capture);
  Asset asset;
  asset.splats.push_back({.name = "splats", .cloud = std::move(cloud)});
  asset.record = std::move(record);
  return asset;
}

}  // namespace

SplatFit fit_splats(const Capture& capture, const SplatFitOptions& given, JobContext& job, const SplatFitRun& run) {
  const auto fit_start = run.started;
  SplatFitOptions options = given;
  check_options(option_fields(options));
  const SplatBudget budget = checked_budget(options);
  RealisedSchedule schedule =
      run.replay ? schedule_from_json(*run.replay)
                 : RealisedSchedule(static_cast<size_t>(budget.steps), 60.0 * options.max_minutes, fit_start);
  const auto load_start = Clock::now();
  const TrainingSet set = load_training_set(capture, options.scale, job);
  SplatFit fit;
  fit.stats.views = set.views.size();
  fit.stats.load_s = seconds_since(load_start);
  options.rig = options.rig && capture.calibration().has_value();
  const std::string identity = identity_of(capture, set, options);
  std::optional<std::vector<std::byte>> state;
  if (job.resume && job.checkpoint_dir) state = load_fit_state(*job.checkpoint_dir, identity);
  const auto start = Clock::now();
  SplatCloud cloud{.sh_degree = options.sh_degree};
  if (!state) cloud = start_cloud(capture, set, options, budget.start_splats, job);
  fit.stats.start_splats = cloud.size();
  fit.stats.start_s = seconds_since(start);
  CpuSplatTrainer trainer(set, cloud, options, budget.max_splats, job.pool());
  const auto train_start = Clock::now();
  Training training(trainer, set, std::move(schedule), static_cast<uint64_t>(options.seed), job);
  if (state) training.load(*state, fit.stats);
  auto next_snapshot = train_start;
  const auto between_steps = [&] {
    if (!run.on_snapshot || Clock::now() < next_snapshot) return;
    run.on_snapshot({fit.stats.steps, seconds_since(fit_start), asset_of(capture, trainer, options)});
    next_snapshot =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(run.snapshot_every_s));
  };
  try {
    training.run(static_cast<size_t>(budget.steps), fit_start, fit.stats, between_steps);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled && job.checkpoint_dir && fit.stats.steps > 0) {
      training.save(*job.checkpoint_dir, identity, fit.stats);
    }
    throw;
  }
  fit.stats.train_s = seconds_since(train_start);
  if (fit.stats.steps == 0) {
    fail(ErrorCode::kInvalidInput,
         "--max-minutes {}: the time was over after {:.0f} s, before the first step; give more", options.max_minutes,
         seconds_since(fit_start));
  }
  fit.stats.timings = trainer.timings();
  fit.stats.memory_bytes = trainer.memory_bytes();
  trainer.end_training();
  fit.calibration = calibration_of(capture, trainer);
  fit.asset = asset_of(capture, trainer, options);
  fit.stats.splats = splat_count(fit.asset);
  if (fit.stats.splats == 0) {
    fail(ErrorCode::kInvalidInput,
         "{}: no splat is left after {} steps: the pictures, the poses and the depth do not show one scene; look at "
         "them with `diorama info`",
         capture.name(), fit.stats.steps);
  }
  return fit;
}

}  // namespace diorama
