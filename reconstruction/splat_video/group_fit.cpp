#include "reconstruction/splat_video/group_fit.h"

#include "engine/base/measure.h"
#include "engine/scene/splat_order.h"
#include "reconstruction/splat_video/group_motion.h"
#include "reconstruction/splat_video/surface.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kLeastSurface = 50;  // points; less is taken for nothing
constexpr size_t kNeighbours = 6;     // of a splat, for rigidity
// A key frame knows its own pictures by heart: on training views it scores better by this than frames that are as good
// in views that were never trained on.
constexpr double kKeyGain_db = 2;

uint64_t salt_of(const SplatVideoOptions& options, size_t moment) {
  return static_cast<uint64_t>(options.seed) * 0x9e3779b97f4a7c15ULL + moment;
}

}  // namespace

// A group's splats, and what carries them from frame to frame.
struct GroupFitter::Follower {
  Follower(const std::vector<StartPoint>& surface, SplatModel of, size_t nodes, ThreadPool& pool)
      : model(std::move(of)),
        motion(surface, model, nodes, pool),
        neighbours(neighbours_of(model.records, model.layout(), kNeighbours)) {}

  SplatModel model;
  GroupMotion motion;
  SplatNeighbours neighbours;
  double expected_psnr = 0;  // what the group's frames score
};

GroupFitter::GroupFitter(const Capture& capture, const Moments& moments, const SplatVideoOptions& options,
                         const StaticScene& still, const RigExposure& exposure, JobContext& job)
    : capture_(capture),
      moments_(moments),
      options_(options),
      still_(still),
      exposure_(exposure),
      job_(job),
      trainer_(options, still.splats, job.pool()) {}

MomentViews GroupFitter::load(size_t moment) {
  MomentViews views = load_moment(capture_, moments_.list[moment], options_.scale, still_.empty() ? nullptr : &still_,
                                  exposure_, job_.pool());
  for (const std::string& warning : views.warnings) {
    if (std::ranges::find(told_, warning) != told_.end()) continue;
    told_.push_back(warning);
    job_.log(LogLevel::kWarning, warning);
  }
  return views;
}

std::vector<StartPoint> GroupFitter::surface_of(const MomentViews& views, size_t count, size_t moment) {
  std::vector<StartPoint> surface = moment_surface(
      views, {.voxel_m = options_.voxel_m, .count = count, .seed = salt_of(options_, moment)}, job_.pool());
  if (surface.size() < kLeastSurface) surface.clear();
  return surface;
}

SplatModel GroupFitter::fit_key(const MomentViews& views, const std::vector<StartPoint>& surface,
                                VideoFrameStats& stats) {
  const SplatVideoBudget budget = budget_of(options_);
  const SplatCloud start =
      splats_at(thinned(surface, std::max<size_t>(budget.max_splats / 2, 1)), options_.sh_degree, job_.pool());
  SplatModel model = trainer_.fit_key(views, start, budget.max_splats, budget.key_steps, salt_of(options_, stats.frame),
                                      [&] { job_.check_cancelled(); });
  // Splats that are near in space are near in the file.
  SplatCloud cloud = cloud_from_records(model.records, model.layout());
  model = SplatModel(gathered(cloud, morton_order(cloud.positions)));
  stats.is_key = true;
  stats.splats = model.count();
  stats.psnr = stats.motion_psnr = trainer_.psnr(views, model);
  return model;
}

FittedGroup GroupFitter::fit_nothing(size_t first, size_t most) {
  FittedGroup result;
  result.group.first_frame = first;
  for (size_t moment = first; moment < first + most; ++moment) {
    if (moment > first) {
      const MomentViews views = load(moment);
      if (!surface_of(views, static_cast<size_t>(options_.surface_points), moment).empty()) break;
    }
    result.group.frames.push_back(SplatCloud{.sh_degree = options_.sh_degree});
    result.frames.push_back({.frame = moment, .is_key = moment == first});
    job_.advance();
  }
  return result;
}

std::optional<VideoFrameStats> GroupFitter::follow(Follower& follower, size_t moment) {
  SplatModel& model = follower.model;
  VideoFrameStats stats{.frame = moment, .splats = model.count()};
  Stopwatch watch;
  const MomentViews views = load(moment);
  const std::vector<StartPoint> target = surface_of(views, static_cast<size_t>(options_.surface_points), moment);
  if (target.empty()) return std::nullopt;
  stats.load_s = watch.seconds();
  watch = {};
  const SurfaceFit fit =
      follower.motion.follow(views, target, budget_of(options_).motion_steps, salt_of(options_, moment),
                             trainer_.loss(), model, job_.pool(), [&] { job_.check_cancelled(); });
  stats.uncovered = fit.uncovered;
  stats.residual_m = fit.residual_m;
  if (fit.uncovered > static_cast<double>(options_.group_uncovered)) {
    job_.log(LogLevel::kDebug,
             fmt::format("frame {} starts a group: {:.1f} % of its surface is uncovered", moment, 100 * fit.uncovered));
    return std::nullopt;
  }
  stats.motion_psnr = trainer_.psnr(views, model);
  stats.motion_s = watch.seconds();
  watch = {};
  const AlignedVector<float> anchor = model.records;
  const TemporalWeights weights{options_.temporal_weight, options_.entropy_weight, options_.rigidity_weight};
  const TemporalTerms terms(anchor, model.layout(), follower.neighbours, weights);
  trainer_.fine_tune(views, model, terms, budget_of(options_).frame_steps, salt_of(options_, moment),
                     [&] { job_.check_cancelled(); });
  stats.psnr = trainer_.psnr(views, model);
  stats.train_s = watch.seconds();
  if (stats.psnr < follower.expected_psnr - static_cast<double>(options_.group_drop_db)) {
    job_.log(LogLevel::kDebug,
             fmt::format("frame {} starts a group: {:.2f} dB, {:.2f} dB by motion alone, where {:.2f} dB are expected",
                         moment, stats.psnr, stats.motion_psnr, follower.expected_psnr));
    return std::nullopt;
  }
  follower.expected_psnr = std::max(follower.expected_psnr, stats.psnr);
  return stats;
}

FittedGroup GroupFitter::fit(size_t first, size_t most) {
  Stopwatch watch;
  const MomentViews views = load(first);
  const auto samples = static_cast<size_t>(options_.surface_points);
  const std::vector<StartPoint> surface =
      surface_of(views, std::max(budget_of(options_).max_splats / 2, samples), first);
  if (surface.empty()) return fit_nothing(first, most);
  FittedGroup result;
  result.group.first_frame = first;
  VideoFrameStats key{.frame = first, .load_s = watch.seconds()};
  watch = {};
  SplatModel model = fit_key(views, surface, key);
  key.train_s = watch.seconds();
  const auto keep = [&](const SplatModel& of, const VideoFrameStats& stats) {
    result.group.frames.push_back(cloud_from_records(of.records, of.layout()));
    result.frames.push_back(stats);
    job_.set_score(stats.psnr);
    job_.advance();
  };
  keep(model, key);
  if (most == 1) return result;
  Follower follower(thinned(surface, samples), std::move(model), static_cast<size_t>(options_.nodes), job_.pool());
  follower.expected_psnr = key.psnr - kKeyGain_db;
  for (size_t moment = first + 1; moment < first + most; ++moment) {
    const auto stats = follow(follower, moment);
    if (!stats) break;
    keep(follower.model, *stats);
  }
  return result;
}

}  // namespace diorama
