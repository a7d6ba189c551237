#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "engine/scene/splat_cloud.h"
#include "reconstruction/splat_video/moments.h"

#include <map>
#include <vector>

namespace diorama {

// What a camera that does not move sees where nothing moves.
struct StillPicture {
  Camera camera;
  ImageRgba8 color;
  ImageF32 depth_m;  // 0: never measured
};

// What stands still in the whole performance.
struct StaticScene {
  std::map<int, StillPicture> pictures;  // by camera
  SplatCloud splats;                     // in the capture's frame

  bool empty() const { return pictures.empty(); }
};

}  // namespace diorama
