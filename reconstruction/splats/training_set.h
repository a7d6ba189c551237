#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"

#include <vector>

namespace diorama {

// A training frame as the fitter sees it, at the size of training.
struct TrainingView {
  size_t frame = 0;        // index in the capture
  Camera camera;           // colour camera; its world is the capture's
  ImageRgba8 color;        // opaque: over white where the capture has alpha
  ImageU8 mask;            // 0 = ignore; empty: all counts
  ImageF32 depth_m;        // planar z in the colour camera, 0 = not measured; empty without depth
  float sharpness = 1.0f;  // relative to the frames around it, (0, 1]; less: motion blur
};

struct TrainingSet {
  std::vector<TrainingView> views;
  bool has_depth = false;
  bool white_background = false;  // the capture has alpha
};

// Loads the training frames' images at `scale` of their size; frames without colour, or masked altogether, are left
// out. Error kInvalidInput: no frame is left, or all are black.
TrainingSet load_training_set(const Capture& capture, float scale, JobContext& job);

// The view at a coarser size (area filter; depth by the nearest of the pixels that meet).
TrainingView shrunk(const TrainingView& view, glm::ivec2 size_px);

// Depth measured by another camera of a rig, as `camera` sees it: each pixel takes the nearest point that falls in it.
ImageF32 depth_seen_from(const Camera& camera, const Camera& depth_camera, const ImageF32& depth_m);

}  // namespace diorama
