#pragma once

#include "engine/base/random.h"
#include "engine/nn/adamw.h"
#include "engine/nn/slab_field.h"
#include "reconstruction/light_field/light_field_views.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

struct SlabTrainerOptions {
  int rays = 4096;  // of a step; in squares of kSquare x kSquare pixels, so that they share what they read
  uint64_t steps = 10000;
  float table_rate = 1e-2f, decoder_rate = 3e-3f, last_rate = 0.03f;  // the last as a share of the first
  float least_weight = 0.03f;                                         // of a cell that is kept
  uint64_t seed = 1;
};

// Fits a slab field to views, one step at a time. The field's frame is that of the views' mean camera.
class SlabTrainer {
 public:
  // The field and the views must outlive it.
  SlabTrainer(SlabField& field, std::span<const LightFieldView> views, const SlabTrainerOptions& options);

  // Mean squared error of the step's pixels.
  double step(ThreadPool& pool);
  uint64_t steps_done() const { return step_; }
  double samples_per_ray() const { return samples_per_ray_; }

  static constexpr int kSquare = 8;

 private:
  void choose_pixels();
  void update(ThreadPool& pool);
  void watch_occupancy();

  SlabField& field_;
  std::span<const LightFieldView> views_;
  SlabTrainerOptions options_;
  SlabRun run_;
  AdamW sample_optimiser_, shade_optimiser_;
  RateSchedule schedule_;
  Random random_;
  uint64_t step_ = 0;
  double samples_per_ray_ = 0;
  Rigid slab_from_world_;
  std::vector<SlabRay> rays_;
  std::vector<float> targets_, gradient_, greatest_weights_;
};

// The frame of slab fields on these views: axes of the first, at their mean position.
Rigid slab_frame(std::span<const LightFieldView> views);  // world_from_slab

SlabRay slab_ray(const Camera& camera, const Rigid& slab_from_world, glm::vec2 px);

// What a camera sees; inverse depths (of the slab's frame) where wanted.
ImageRgb render_slab(SlabField& field, const Camera& camera, const Rigid& slab_from_world, ImageF32* inverse_depth,
                     ThreadPool& pool);

}  // namespace diorama
