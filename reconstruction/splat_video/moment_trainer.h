#pragma once

#include "engine/base/job.h"
#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/splat_video_options.h"
#include "reconstruction/splat_video/temporal_terms.h"
#include "reconstruction/splat_video/view_loss.h"
#include "reconstruction/splats/schedule.h"
#include "reconstruction/splats/splat_model.h"

#include <functional>
#include <vector>

namespace diorama {

// Fits splats to the views of one moment, in front of splats that stay as they are. The same bits for any thread count.
class MomentTrainer {
 public:
  // `still`: what stands behind; must stay.
  MomentTrainer(const SplatVideoOptions& options, const SplatCloud& still, ThreadPool& pool);

  // Trains the cloud, in `steps` steps and up to `most` splats: what fades moves to where more is needed, and the cloud
  // grows (Kheradmand et al. 2024), but without their noise, as the start lies on the surface.
  // `advance` is called after each step; `salt` makes the random numbers this frame's own.
  SplatModel fit_key(const MomentViews& moment, const SplatCloud& start, size_t most, size_t steps, uint64_t salt,
                     const std::function<void()>& advance);

  // Goes on from the records that motion gave, which `terms` holds on to.
  void fine_tune(const MomentViews& moment, SplatModel& model, const TemporalTerms& terms, size_t steps, uint64_t salt,
                 const std::function<void()>& advance);

  ViewLoss& loss() { return loss_; }

  // Over white, of all pixels of what moves in all views; dB.
  double psnr(const MomentViews& moment, const SplatModel& model);

 private:
  struct Step {
    StepRates rates;
    size_t number = 1;  // of Adam
    int sh_degree = 0;
    glm::vec3 background{0.0f};
    bool is_key = false;
    const TemporalTerms* terms = nullptr;
  };
  void step(const MomentView& view, SplatModel& model, const Step& step);
  void update_block(size_t block, const struct RecordAdam& adam, SplatModel& model, const Step& step);

  const SplatVideoOptions& options_;
  ThreadPool& pool_;
  ViewLoss loss_;
  std::vector<glm::vec3> positions_;
};

}  // namespace diorama
