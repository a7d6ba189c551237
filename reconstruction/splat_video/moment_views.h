#pragma once

#include "capture/capture.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "reconstruction/splat_video/moments.h"
#include "reconstruction/splat_video/rig_exposure.h"
#include "reconstruction/splat_video/static_scene.h"

#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// What moves in a frame: the box of its picture that holds it.
struct MomentView {
  size_t frame = 0;  // of the capture
  Camera camera;     // of the box: its centre is that of the picture, moved
  ImageRgba8 color;  // straight alpha; 255 everywhere where the capture has none
  ImageU8 counts;    // 0: tells nothing of what moves; empty: all counts
  ImageU8 inside;    // 1: a pixel of what moves; scores are taken there
  ImageF32 depth_m;  // planar z of what moves, 0 = not measured, or of what stands still
};

struct MomentViews {
  std::vector<MomentView> views;      // may be empty: nothing is there
  bool has_alpha = false;             // drawn over any background
  std::vector<std::string> warnings;  // of cameras that were left out
};

// Loads a moment at `scale` of the pictures' size. What moves is what has alpha or is not masked out; without either,
// what differs from the still scene, which is then needed. Cameras whose picture is black while others' are not, or
// that miss what the others measured in front of them, are left out. Error kInvalidInput: every camera is black.
// Pictures come with the mean exposure of the rig.
MomentViews load_moment(const Capture& capture, const Moment& moment, float scale, const StaticScene* still,
                        const RigExposure& exposure, ThreadPool& pool);

}  // namespace diorama
