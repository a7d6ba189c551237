#pragma once

#include "engine/base/byte_archive.h"
#include "reconstruction/splats/camera_refinement.h"
#include "reconstruction/splats/densify.h"
#include "reconstruction/splats/splat_fit_options.h"
#include "reconstruction/splats/splat_model.h"
#include "reconstruction/splats/training_set.h"

#include <memory>

namespace diorama {

// One step of optimisation: a view, and how far the fit is.
struct StepPlan {
  size_t view = 0;
  size_t step = 0;  // counts from 1
  float progress = 0;
};

struct StepResult {
  double loss = 0;               // of the view's colours before the step
  double mean_square_error = 0;  // of the view with its exposure, sRGB [0, 1]
};

// Seconds that steps took so far, by stage.
struct StepTimings {
  size_t steps = 0;
  double project_s = 0, bin_s = 0, sort_s = 0, forward_s = 0, loss_s = 0, backward_s = 0, update_s = 0;
};

// What a backend of the fitter does; it owns parameters, losses and the optimisers' state. The same bits for any thread
// count.
class SplatTrainer {
 public:
  virtual ~SplatTrainer() = default;

  virtual StepResult step(const StepPlan& plan) = 0;
  virtual DensifyStats densify(float progress) = 0;
  virtual SplatCloud snapshot() const = 0;
  virtual size_t count() const = 0;

  // The whole state between two steps. load() checks that it fits; Error kInvalidInput.
  virtual void save(ByteWriter& out) const = 0;
  virtual void load(ByteReader& in) = 0;

  // Called after each pass over the views.
  virtual void end_pass() = 0;
  virtual const CameraRefinement& refinement() const = 0;
  virtual const StepTimings& timings() const = 0;

  // Of all that grows with the splats: parameters, the optimiser's state, the rasteriser's lists. Not of images.
  virtual size_t memory_bytes() const = 0;
  // Frees what steps need; from then on only snapshot(), count(), refinement() and timings() may be called.
  virtual void end_training() = 0;
};

}  // namespace diorama
