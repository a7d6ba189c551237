#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"

#include <vector>

namespace diorama {

// A view of a planar light field: parallel cameras on a regular grid, seen from the front.
struct LightFieldView {
  size_t frame = 0;  // index in the capture
  int row = 0, column = 0;
  Camera camera;   // at the size of the images; its world is the capture's
  ImageRgb color;  // sRGB values in [0, 1]
};

struct LightFieldViews {
  std::vector<LightFieldView> kept;      // every keep_every-th row and column: what is fitted
  std::vector<LightFieldView> held_out;  // the others between them
  int keep_every = 1;
};

// Loads all views at `scale` of their size. Error kInvalidInput: cameras that are not parallel, of one focal length and
// on a grid in the plane across their view; fewer than 2 x 2 views would be kept.
LightFieldViews load_light_field(const Capture& capture, float scale, int keep_every, JobContext& job);

// What stands for a view that was not kept when nothing is fitted: the four kept views around it, each shifted as a
// plane at depth_m would be and read bilinearly, blended by how near they are.
ImageRgb blend_on_plane(const LightFieldViews& views, const LightFieldView& target, float depth_m);

double psnr_of(const ImageRgb& image, const ImageRgb& reference);  // dB; values are clamped to [0, 1]

}  // namespace diorama
