#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "engine/scene/splat_cloud.h"
#include "reconstruction/splat_video/moments.h"
#include "reconstruction/splat_video/rig_exposure.h"
#include "reconstruction/splat_video/splat_video_options.h"

#include <map>

namespace diorama {

// What a camera that does not move sees where nothing moves.
struct StillPicture {
  Camera camera;
  ImageRgba8 color;
  ImageF32 depth_m;  // 0: not known
  ImageU8 known;     // 0: something was in front of it nearly always
};

// What stands still in the whole performance.
struct StaticScene {
  std::map<int, StillPicture> pictures;  // by camera
  SplatCloud splats;                     // in the capture's frame

  bool empty() const { return pictures.empty(); }
};

// The still pictures of all cameras that do not move: of up to 24 moments, the farthest depth that a pixel keeps coming
// back to, and the median of the colours seen with it; without depth, the median of all colours. None for captures that
// show what moves by alpha or masks, for cameras that move, and where there are less than three moments.
// With the mean exposure of the rig.
StaticScene find_still_pictures(const Capture& capture, const Moments& moments, float scale,
                                const RigExposure& exposure, JobContext& job);

// Fits splats to the still pictures, as fit_splats would to a scene.
SplatCloud fit_still_splats(const Capture& capture, const StaticScene& still, const SplatVideoOptions& options,
                            JobContext& job);

}  // namespace diorama
