#pragma once

#include "reconstruction/fusion/tsdf_volume.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diorama {

// How a cloud of splats is fitted. Learning rates and constants that users have no reason to turn stand in schedule.h.
struct SplatFitOptions {
  int preset = 1;         // index into the names below
  float max_minutes = 0;  // wall time of the fit; 0: none
  int steps = 0;          // 0: the preset's
  int max_splats = 0;     // 0: the preset's
  float max_mb = 0;       // size of the .glb, MiB; 0: none
  float scale = 1;        // size of the training images, as a share of the capture's
  int sh_degree = 3;      // of the colours
  int strategy = 0;       // mcmc, classic, none
  int start_splats = 0;   // 0: half of max_splats
  float start_voxel_m = 0.015f;
  bool antialiased = false;
  float ssim_weight = 0.2f;
  float depth_weight = 0.2f;
  float normal_weight = 0.0f;
  float opacity_reg = 0.01f, scale_reg = 0.01f;
  bool exposure = false, poses = false, rig = true, blur_weights = true, prune_floaters = true;
  int seed = 1;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("preset", preset, {"preview", "standard", "high"}, "steps and splats for about 1, 5 and 20 minutes");
    option("max-minutes", max_minutes, {0, 1e5}, "wall time that the fit may take, minutes; 0: as long as its steps");
    option("steps", steps, {0, 1e7}, "training steps; 0: the preset's");
    option("max-splats", max_splats, {0, 1.6e7}, "budget of splats; 0: the preset's");
    option("max-mb", max_mb, {0, 1e5}, "budget for the .glb, MiB; 0: none");
    option("scale", scale, {0.01, 1}, "size of the training images, as a share of the capture's");
    option("sh-degree", sh_degree, {0, 3}, "degree of the spherical harmonics of the colours");
    option("strategy", strategy, {"mcmc", "classic", "none"}, "how splats are added and removed");
    option("start-splats", start_splats, {0, 1.6e7}, "splats to start from; 0: half of the budget");
    option("start-voxel", start_voxel_m, {0.002, 1}, "voxel of the fused surface to start from, m");
    option("antialiased", antialiased, "compensate opacities for the screen-space filter; the asset says so");
    option("ssim-weight", ssim_weight, {0, 1}, "share of D-SSIM in the colour loss; the rest is L1");
    option("depth-weight", depth_weight, {0, 100}, "weight of the depth term; 0: off");
    option("normal-weight", normal_weight, {0, 100}, "weight of the normals' agreement with depth; 0: off");
    option("opacity-reg", opacity_reg, {0, 10}, "weight of the mean opacity");
    option("scale-reg", scale_reg, {0, 10}, "weight of the mean scale");
    option("exposure", exposure, "refine the exposure of each training frame");
    option("poses", poses, "refine the pose of each training frame");
    option("rig", rig, "refine the colour camera of an unregistered rig");
    option("blur-weights", blur_weights, "weigh motion-blurred frames down");
    option("prune-floaters", prune_floaters, "remove splats from space that depth says is empty");
    option("seed", seed, {0, 2e9}, "of all that is random");
  }
};

}  // namespace diorama
