#pragma once

#include "engine/base/random.h"
#include "engine/raster/splat_rasterizer.h"
#include "reconstruction/splats/cpu/image_loss.h"
#include "reconstruction/splats/splat_trainer.h"

namespace diorama {

// Trains on the CPU by engine/raster. `set` must stay.
class CpuSplatTrainer final : public SplatTrainer {
 public:
  CpuSplatTrainer(const TrainingSet& set, const SplatCloud& start, const SplatFitOptions& options, size_t max_splats,
                  ThreadPool& pool);

  StepResult step(const StepPlan& plan) override;
  DensifyStats densify(float progress) override;
  // Splats that can be drawn.
  SplatCloud snapshot() const override;
  size_t count() const override { return model_.count(); }
  void end_pass() override { refinement_.recenter(set_); }
  const CameraRefinement& refinement() const override { return refinement_; }
  const StepTimings& timings() const override { return timings_; }
  size_t memory_bytes() const override { return model_.memory_bytes() + rasterizer_.memory_bytes(); }
  void end_training() override;

  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;

 private:
  const TrainingView& view_at(size_t view, int shrink);
  void expose(const TrainingView& view, const Exposure& exposure);
  StepResult losses(const TrainingView& view, size_t index, const StepRates& rates);
  void update(const StepPlan& plan, const StepRates& rates, int shrink);
  void update_block(size_t block, const struct RecordAdam& adam, const StepPlan& plan, float noise);

  const TrainingSet& set_;
  SplatFitOptions options_;
  size_t max_splats_;
  ThreadPool& pool_;
  float extent_m_;
  SplatModel model_;
  CameraRefinement refinement_;
  Random random_;
  SplatRasterizer rasterizer_;
  SplatPlanes image_, gradient_, exposed_, target_;
  AlignedVector<float> weights_;
  ImageLoss image_loss_;
  std::vector<TrainingView> coarse_;  // the views at the size of the phase, where that is not the full one
  std::vector<ImageRgb> normals_;
  int coarse_shrink_ = 1, densified_ = 0;
  std::vector<SplatCameraGradient> camera_shares_;
  StepTimings timings_;
};

}  // namespace diorama
