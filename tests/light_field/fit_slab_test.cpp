#include "reconstruction/light_field/fit_slab.h"

#include "tests/expect_error.h"
#include "tests/light_field/light_field_scene.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diorama {
namespace {

using namespace test;

LightFieldViews box_views(JobContext& job) {
  const Capture capture = memory_capture(box_before_wall(), waves, camera_grid(5, 0.15f));
  return load_light_field(capture, 1, 2, job);
}

const SlabFitOptions kSmallFit{.steps = 1000, .rays = 512, .planes = 16, .levels = 3, .max_mb = 1};

TEST(FitSlab, ShowsViewsBetweenTheKeptOnesBetterThanBlending) {
  ThreadPool pool(2);
  JobContext job(pool);
  const LightFieldViews views = box_views(job);
  SlabFit fit = fit_slab(views, kSmallFit, job);
  const Rigid slab_from_world = inverse(fit.world_from_slab);
  double fitted = 0, blended = 0;
  for (const LightFieldView& view : views.held_out) {
    fitted += psnr_of(render_slab(fit.field, view.camera, slab_from_world, nullptr, pool), view.color) / 16;
    blended += psnr_of(blend_on_plane(views, view, 6), view.color) / 16;
  }
  EXPECT_GT(fitted, blended + 3) << "blending: " << blended;
  EXPECT_LE(fit.stats.stored_mb, 1);
  EXPECT_LT(fit.stats.samples_per_ray, 16);  // empty space is skipped
}

TEST(FitSlab, DepthsAreThoseOfTheScene) {
  ThreadPool pool(2);
  JobContext job(pool);
  const LightFieldViews views = box_views(job);
  const DepthRange depths = find_depth_range(views.kept, 1, job);
  // The box's face is at 2.5 m, the wall at 6; half of an image's pixel is about 0.7 m there.
  EXPECT_LT(depths.near_m, 2.6f);
  EXPECT_GT(depths.near_m, 1.7f);
  EXPECT_GT(depths.far_m, 5.5f);
  SlabFitOptions options = kSmallFit;
  options.near_m = 2, options.far_m = 8;
  SlabFit fit = fit_slab(views, options, job);
  ImageF32 inverse_depths;
  const LightFieldView& view = views.held_out[views.held_out.size() / 2];
  render_slab(fit.field, view.camera, inverse(fit.world_from_slab), &inverse_depths, pool);
  const ImageF32 depth_m = render_depth(box_before_wall(), view.camera);
  std::vector<float> off;
  for (size_t i = 0; i < depth_m.pixels().size(); ++i) {
    off.push_back(std::abs(inverse_depths.pixels()[i] - 1 / depth_m.pixels()[i]));
  }
  std::ranges::nth_element(off, off.begin() + static_cast<ptrdiff_t>(off.size() / 2));
  EXPECT_LT(off[off.size() / 2], 0.035f);  // planes are 0.025 / m apart
}

TEST(FitSlab, ThreadsDoNotChangeABit) {
  SlabFitOptions options = kSmallFit;
  options.steps = 40;
  const auto parameters = [&](int threads) {
    ThreadPool pool(threads);
    JobContext job(pool);
    const SlabFit fit = fit_slab(box_views(job), options, job);
    return std::vector<float>(fit.field.samples().parameters().begin(), fit.field.samples().parameters().end());
  };
  EXPECT_EQ(parameters(1), parameters(3));
}

TEST(FitSlab, ViewsWithoutTextureAndImpossibleOptionsAreErrors) {
  ThreadPool pool(1);
  JobContext job(pool);
  const auto grey = [](glm::vec3) { return glm::u8vec3(128); };
  const Capture capture = memory_capture(wall(6), grey, camera_grid(3, 0.1f));
  const LightFieldViews blank = load_light_field(capture, 1, 2, job);
  DIO_EXPECT_ERROR(fit_slab(blank, kSmallFit, job), ErrorCode::kInvalidInput,
                   "agree with their neighbours at no depth");
  const LightFieldViews views = box_views(job);
  SlabFitOptions options = kSmallFit;
  options.near_m = 9, options.far_m = 3;
  DIO_EXPECT_ERROR(fit_slab(views, options, job), ErrorCode::kInvalidInput, "from 9 to 3 m");
  options = kSmallFit;
  options.planes = 256, options.max_mb = 0.1f;
  DIO_EXPECT_ERROR(fit_slab(views, options, job), ErrorCode::kInvalidInput, "does not fit into 0.1 MB");
}

}  // namespace
}  // namespace diorama
