#pragma once

#include "reconstruction/light_field/light_field_views.h"
#include "reconstruction/light_field/plane_sweep.h"
#include "reconstruction/light_field/slab_trainer.h"

namespace diorama {

struct SlabFitOptions {
  int steps = 20000, rays = 2048, planes = 36, levels = 5, seed = 1;
  float near_m = 0, far_m = 0;  // 0: found
  float nearest_m = 1.5f;
  float max_mb = 8;

  template <class Visitor>
  void visit(Visitor&& option) {
    option("steps", steps, {1, 1e7}, "training steps");
    option("rays", rays, {64, 65536}, "rays of a step");
    option("planes", planes, {2, 256}, "planes of the slab");
    option("levels", levels, {1, 12}, "levels of the grid; the last has a cell for each pixel");
    option("near", near_m, {0, 1e4}, "depth of the first plane, m; 0: found from the views");
    option("far", far_m, {0, 1e6}, "depth of the last plane, m; 0: found from the views");
    option("nearest", nearest_m, {0.01, 1e4}, "nearest depth that is looked for, m");
    option("max-mb", max_mb, {0.1, 1024}, "size that the field is kept to, as stored, MB");
    option("seed", seed, {0, 1e9}, "of the first parameters and the choice of rays");
  }
};

struct SlabFitStats {
  DepthRange depths;
  double train_psnr = 0;       // of the last steps, dB
  double samples_per_ray = 0;  // of the last step
  double macs_per_ray = 0;     // at that many samples
  double stored_mb = 0, cpu_s = 0;
};

struct SlabFit {
  SlabField field;
  Rigid world_from_slab;
  SlabFitStats stats;
};

// Fits a slab field directly to the kept views. The same options and views give the same bits for any number of
// threads. Error kInvalidInput: views without common texture, depths out of order, a budget too small for the planes.
SlabFit fit_slab(const LightFieldViews& views, const SlabFitOptions& options, JobContext& job);

}  // namespace diorama
