#pragma once

#include "engine/base/options.h"

#include <cstddef>

namespace diorama {

// How a performance is fitted. What users have no reason to turn stands beside its use.
struct SplatVideoOptions {
  int preset = 1;         // index into the names below
  int first_frame = 0;    // instants of the capture
  int frame_count = 0;    // 0: to the end
  int max_splats = 0;     // 0: the preset's
  int key_steps = 0;      // 0: the preset's
  int motion_steps = -1;  // -1: the preset's
  int frame_steps = -1;   // -1: the preset's
  int still_splats = 0;   // 0: the preset's
  int still_steps = 0;    // 0: the preset's
  int group_frames = 30;  // at most
  int segment_frames = 0;
  float scale = 1;
  int sh_degree = 1;
  bool exposure = true;
  float voxel_m = 0.01f;
  int surface_points = 5000;
  int nodes = 300;
  float ssim_weight = 0.2f;
  float depth_weight = 0.2f;
  float temporal_weight = 2e-6f;
  float entropy_weight = 6e-5f;
  float rigidity_weight = 2e-5f;
  float group_drop_db = 2.5f;
  float group_uncovered = 0.05f;
  int seed = 1;

  template <class Visitor>
  void visit(Visitor&& option) {
    option("preset", preset, {"preview", "standard", "high"}, "steps and splats");
    option("first-frame", first_frame, {0, 1e7}, "first instant of the capture to fit");
    option("frame-count", frame_count, {0, 1e7}, "instants to fit; 0: to the end");
    option("max-splats", max_splats, {0, 1.6e7}, "budget of splats of a group; 0: the preset's");
    option("key-steps", key_steps, {0, 1e7}, "training steps of a group's first frame; 0: the preset's");
    option("motion-steps", motion_steps, {-1, 1e7},
           "steps in which each other frame's motion is found on the pictures; -1: the preset's, 0: by surfaces alone");
    option("frame-steps", frame_steps, {-1, 1e7},
           "training steps of each other frame; -1: the preset's, 0: motion alone");
    option("still-splats", still_splats, {0, 1.6e7}, "budget of splats of what stands still; 0: the preset's");
    option("still-steps", still_steps, {0, 1e7}, "training steps of what stands still; 0: the preset's");
    option("group-frames", group_frames, {1, 1000}, "most frames of a group");
    option("segment-frames", segment_frames, {0, 1e7},
           "groups end at multiples of this, so that processes can share the work; 0: none");
    option("scale", scale, {0.01, 1}, "size of the training images, as a share of the capture's");
    option("sh-degree", sh_degree, {0, 3}, "degree of the spherical harmonics of the colours");
    option("rig-exposure", exposure, "find the exposures of cameras that do not agree and take them out");
    option("surface-voxel", voxel_m, {0.001, 1}, "voxel of the surfaces that motion follows, m");
    option("surface-points", surface_points, {100, 1e6}, "points of the surfaces that motion follows");
    option("nodes", nodes, {4, 5000}, "nodes of the deformation graph");
    option("ssim-weight", ssim_weight, {0, 1}, "share of D-SSIM in the colour loss; the rest is L1");
    option("depth-weight", depth_weight, {0, 100}, "weight of the depth term; 0: off");
    option("temporal-weight", temporal_weight, {0, 100}, "weight of the squared change from frame to frame");
    option("entropy-weight", entropy_weight, {0, 100}, "weight of the bits that the change from frame to frame takes");
    option("rigidity-weight", rigidity_weight, {0, 100}, "weight of neighbours' unlike motion in fine-tuning");
    option("group-drop", group_drop_db, {0, 100},
           "a frame that scores this much less than its group's best starts a group, dB");
    option("group-uncovered", group_uncovered, {0, 1},
           "so does one with this share of its surface uncovered by the group's splats");
    option("seed", seed, {0, 2e9}, "of all that is random");
  }
};

struct SplatVideoBudget {
  size_t max_splats = 0;
  size_t key_steps = 0, motion_steps = 0, frame_steps = 0;
  size_t still_splats = 0, still_steps = 0;  // of what stands still
};
SplatVideoBudget budget_of(const SplatVideoOptions& options);

}  // namespace diorama
