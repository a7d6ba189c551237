#pragma once

#include "capture/readers/reader.h"
#include "engine/scene/rigid.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// What transforms.json says, before any image was looked at (nerfstudio, instant-ngp, Blender).

// Intrinsics as far as they are declared; a frame's own values override the file's.
struct TransformsLens {
  std::optional<glm::ivec2> size_px;
  std::optional<float> focal_x_px, focal_y_px, center_x_px, center_y_px;
  std::optional<float> angle_x, angle_y;  // whole field of view, radians
  LensDistortion distortion;
};

enum class TransformsSplit { kNone, kTrain, kVal, kTest };

struct TransformsFrame {
  std::string color, depth, mask;  // as written, relative to the file; empty: not there
  TransformsLens lens;
  Rigid world_from_camera;  // OpenCV axes; the file has OpenGL's
  TransformsSplit split = TransformsSplit::kNone;
  std::optional<double> time_s;
};

struct TransformsFile {
  std::vector<TransformsFrame> frames;
  double depth_unit_m = 0.001;
  bool lists_splits = false;  // train_filenames and its like: what is in none of them is not used
  bool has_applied_transform = false;
  std::string points;  // PLY of the scene's points, as written; empty: not there
};

// Error kInvalidInput names key and frame; kUnsupported names the camera model.
TransformsFile parse_transforms(std::string_view text);

// The camera of an image of this size. Where the lens was declared for another size of the same shape, K is scaled by
// the exact ratio; another shape is an Error. A missing focal length comes from the angle, a missing centre is the
// image's.
Camera camera_of(const TransformsLens& lens, glm::ivec2 image_size_px, const Rigid& world_from_camera);

}  // namespace diorama
