#include "reconstruction/light_field/fit_slab.h"

#include "engine/base/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

constexpr int kLargestTable = 22, kSmallestTable = 8;

DepthRange choose_depths(const LightFieldViews& views, const SlabFitOptions& options, JobContext& job) {
  DepthRange depths{options.near_m, options.far_m};
  if (depths.near_m == 0 || depths.far_m == 0) {
    const DepthRange found = find_depth_range(views.kept, options.nearest_m, job);
    if (depths.near_m == 0) depths.near_m = found.near_m;
    if (depths.far_m == 0) depths.far_m = found.far_m;
  }
  if (!(depths.near_m < depths.far_m)) {
    fail(ErrorCode::kInvalidInput, "the slab would go from {} to {} m; give --near and --far that grow", depths.near_m,
         depths.far_m);
  }
  return depths;
}

// Includes a point in a box of least x, y, greatest x, y.
void include(std::array<float, 4>& box, size_t axis, float value) {
  box[axis] = std::min(box[axis], value);
  box[axis + 2] = std::max(box[axis + 2], value);
}

// The window and the eyes that hold every ray of the views between the two depths.
SlabLayout layout_around(const LightFieldViews& views, const Rigid& slab_from_world, const SlabFitOptions& options,
                         DepthRange depths) {
  SlabLayout layout{.planes = options.planes, .near_m = depths.near_m, .far_m = depths.far_m, .levels = options.levels};
  constexpr float kFar = std::numeric_limits<float>::max();
  layout.window = layout.eyes = {kFar, kFar, -kFar, -kFar};
  for (const LightFieldView& view : views.kept) {
    const glm::vec2 size(view.camera.size_px);
    for (const glm::vec2 corner : {glm::vec2(0), glm::vec2(size.x, 0), glm::vec2(0, size.y), size}) {
      const SlabRay ray = slab_ray(view.camera, slab_from_world, corner);
      for (const float depth : {depths.near_m, depths.far_m}) {
        for (size_t a = 0; a < 2; ++a) {
          include(layout.window, a, ray.origin[a] / depth + (1 - ray.origin[2] / depth) * ray.direction[a]);
          include(layout.eyes, a, ray.origin[a]);
        }
      }
    }
  }
  // A cell of the last level is a pixel; the first has a whole number of them.
  const float focal_px = views.kept.front().camera.focal_px.x;
  const int factor = 1 << (options.levels - 1);
  for (size_t a = 0; a < 2; ++a) {
    const float pixels = (layout.window[a + 2] - layout.window[a]) * focal_px;
    layout.finest_cells[a] = static_cast<int>(std::ceil(pixels / static_cast<float>(factor))) * factor;
  }
  return layout;
}

// The largest tables that the budget holds.
void fit_budget(SlabLayout& layout, float max_mb) {
  for (layout.log2_table = kLargestTable; layout.log2_table >= kSmallestTable; --layout.log2_table) {
    if (static_cast<double>(slab_stored_bytes(layout)) <= 1e6 * max_mb) return;
  }
  fail(ErrorCode::kInvalidInput, "a slab of {} planes does not fit into {} MB; give it fewer planes or more memory",
       layout.planes, max_mb);
}

double psnr_of_error(double mean_squared) {
  return -10 * std::log10(std::max(mean_squared, 1e-10));
}

void train(SlabTrainer& trainer, SlabFitStats& stats, uint64_t steps, JobContext& job) {
  constexpr uint64_t kReportEvery = 50;
  job.begin_stage("fitting rays", steps);
  double error = 0;
  uint64_t since = 0;
  while (trainer.steps_done() < steps) {
    error += trainer.step(job.pool());
    ++since;
    if (trainer.steps_done() % kReportEvery == 0 || trainer.steps_done() == steps) {
      stats.train_psnr = psnr_of_error(error / static_cast<double>(since));
      job.set_score(stats.train_psnr);
      error = 0, since = 0;
    }
    job.advance();
  }
}

}  // namespace

SlabFit fit_slab(const LightFieldViews& views, const SlabFitOptions& options, JobContext& job) {
  const double cpu_before_s = process_cpu_seconds();
  const DepthRange depths = choose_depths(views, options, job);
  const Rigid world_from_slab = slab_frame(views.kept), slab_from_world = inverse(world_from_slab);
  SlabLayout layout = layout_around(views, slab_from_world, options, depths);
  fit_budget(layout, options.max_mb);
  const auto seed = static_cast<uint64_t>(options.seed);
  SlabFit fit{SlabField(layout, seed), world_from_slab, {.depths = depths}};
  find_occupancy(views.kept, slab_from_world, fit.field, job);
  const auto steps = static_cast<uint64_t>(options.steps);
  SlabTrainer trainer(fit.field, views.kept, {.rays = options.rays, .steps = steps, .seed = seed});
  train(trainer, fit.stats, steps, job);
  fit.stats.samples_per_ray = trainer.samples_per_ray();
  fit.stats.macs_per_ray = trainer.samples_per_ray() * static_cast<double>(fit.field.samples().macs()) +
                           static_cast<double>(fit.field.shade().macs());
  fit.stats.stored_mb = 1e-6 * static_cast<double>(fit.field.stored_bytes());
  fit.stats.cpu_s = process_cpu_seconds() - cpu_before_s;
  return fit;
}

}  // namespace diorama
