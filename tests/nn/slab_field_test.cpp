#include "engine/nn/slab_field.h"

#include "engine/base/random.h"
#include "tests/expect_error.h"
#include "tests/nn/central_difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace diorama {
namespace {

SlabLayout small_layout() {
  return {.planes = 4,
          .near_m = 2,
          .far_m = 8,
          .finest_cells = {4, 4},
          .levels = 2,
          .features = 2,
          .log2_table = 0,
          .hidden = 8,
          .shade_features = 2};
}

std::vector<SlabRay> random_rays(size_t count) {
  Random random(3);
  std::vector<SlabRay> rays(count);
  for (SlabRay& ray : rays) {
    ray.origin = {random.uniform(-0.3f, 0.3f), random.uniform(-0.3f, 0.3f), 0};
    ray.direction = {random.uniform(-0.6f, 0.6f), random.uniform(-0.6f, 0.6f), 1};
  }
  return rays;
}

void randomise(SlabField& field) {
  Random random(4);
  for (float& value : field.samples().parameters()) value += random.uniform(-0.7f, 0.7f);
  for (float& value : field.shade().parameters()) value += random.uniform(-0.4f, 0.4f);
}

TEST(SlabField, RaysMeetPlanesWhereGeometrySaysSo) {
  const SlabLayout layout = small_layout();
  // From (0.5, 0, 1) towards (-0.2, 0.1, 1) to depth 4: 3 m further, at (-0.1, 0.3), slab coordinates (-0.025, 0.075).
  const auto [x, y] = slab_point(layout, {{0.5f, 0, 1}, {-0.2f, 0.1f, 1}}, 0.25f);
  EXPECT_NEAR(x, (1 - 0.025) / 2, 1e-6);
  EXPECT_NEAR(y, (1 + 0.075) / 2, 1e-6);
  const SlabField field(layout, 1);
  EXPECT_FLOAT_EQ(field.inverse_depth(0), 0.5f);
  EXPECT_FLOAT_EQ(field.inverse_depth(3), 0.125f);
}

TEST(SlabField, GradientsAreCentralDifferences) {
  SlabField field(small_layout(), 1);
  randomise(field);
  SlabRun run(field, {.max_rays = 40, .training = true});
  const std::vector<SlabRay> rays = random_rays(40);
  ThreadPool pool(2);
  std::vector<float> weights(120);
  Random random(5);
  for (float& weight : weights) weight = random.uniform(-1, 1);
  const auto loss = [&] {
    const auto colors = run.forward(rays, pool);
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) sum += double{weights[i]} * colors[i];
    return sum;
  };
  loss();
  run.backward(weights, pool);
  const std::vector<float> of_samples(run.samples_gradient().begin(), run.samples_gradient().end());
  const std::vector<float> of_shade(run.shade_gradient().begin(), run.shade_gradient().end());
  const auto compare = [&](const std::vector<float>& gradient, std::span<float> values, size_t every) {
    constexpr float kStep = 2.5e-4f;
    for (size_t i = 0; i < values.size(); i += every) {
      const double difference = central_difference(values[i], kStep, loss);
      // The decoders' ReLUs have kinks that some of 160 samples cross.
      EXPECT_NEAR(gradient[i], difference, 0.02 * std::abs(gradient[i]) + 6e-3) << i;
    }
  };
  compare(of_samples, field.samples().parameters(), 7);
  compare(of_shade, field.shade().parameters(), 3);
}

TEST(SlabField, OpaquePlanesHideWhatIsBehind) {
  SlabField field(small_layout(), 1);
  // The logit's bias alone decides: the first plane is opaque, or all but the last are clear.
  const auto last = field.samples().layer_parameters(field.samples().layer_count() - 1);
  float& logit = last[last.size() - 6];
  SlabRun run(field, {.max_rays = 1});
  ThreadPool pool(1);
  const std::vector<SlabRay> ray(1);
  logit = 50;
  run.refresh();
  run.forward(ray, pool);
  EXPECT_NEAR(run.inverse_depths()[0], 0.5f, 1e-6);
  logit = -50;
  run.refresh();
  run.forward(ray, pool);
  EXPECT_NEAR(run.inverse_depths()[0], 0.125f, 1e-6);
}

TEST(SlabField, EmptyCellsAreSkippedButTheLastPlaneStays) {
  SlabField field(small_layout(), 1);
  SlabRun run(field, {.max_rays = 1});
  ThreadPool pool(1);
  const std::vector<SlabRay> ray(1);
  run.forward(ray, pool);
  EXPECT_EQ(run.sample_count(), 4u);
  std::vector<float> greatest(field.occupancy().size(), 0.0f);
  greatest[field.cell_of(0.5f, 0.5f, 1)] = 0.2f;
  greatest[field.cell_of(0.5f, 0.5f, 2)] = 0.01f;
  field.set_occupancy(greatest, 0.1f);
  run.forward(ray, pool);
  EXPECT_EQ(run.sample_count(), 2u);
  // The cells around are kept, too.
  EXPECT_EQ(field.occupancy()[field.cell_of(0.5f + 1.0f / SlabField::kOccupancyColumns, 0.5f, 1)], 1);
  EXPECT_EQ(field.occupancy()[field.cell_of(0.5f + 3.0f / SlabField::kOccupancyColumns, 0.5f, 1)], 0);
}

TEST(SlabField, ThreadsDoNotChangeABit) {
  const auto gradients = [](int threads) {
    SlabField field(small_layout(), 1);
    randomise(field);
    SlabRun run(field, {.max_rays = 700, .training = true});
    ThreadPool pool(threads);
    const std::vector<SlabRay> rays = random_rays(700);
    run.forward(rays, pool);
    run.backward(std::vector<float>(2100, 0.1f), pool);
    return std::vector<float>(run.samples_gradient().begin(), run.samples_gradient().end());
  };
  EXPECT_EQ(gradients(1), gradients(3));
}

TEST(SlabField, StoredBytesAreTheParametersAndABitACell) {
  const SlabField field(small_layout(), 1);
  EXPECT_EQ(field.stored_bytes(), 2 * (field.samples().parameters().size() + field.shade().parameters().size()) +
                                      field.occupancy().size() / 8);
}

TEST(SlabField, LayoutsOutOfRangeAreErrors) {
  const auto make = [](auto change) {
    SlabLayout layout = small_layout();
    change(layout);
    return SlabField(layout, 1);
  };
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.planes = 1; }), ErrorCode::kInvalidInput, "1 planes");
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.far_m = 1; }), ErrorCode::kInvalidInput, "depths that grow");
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.near_m = NAN; }), ErrorCode::kInvalidInput, "depths that grow");
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.window[2] = -2; }), ErrorCode::kInvalidInput, "boxes");
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.hidden = 0; }), ErrorCode::kInvalidInput, "width 0");
  DIO_EXPECT_ERROR(make([](SlabLayout& l) { l.levels = 40; }), ErrorCode::kInvalidInput, "levels");
}

}  // namespace
}  // namespace diorama
