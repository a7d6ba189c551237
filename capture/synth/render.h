#pragma once

#include "capture/lens.h"
#include "capture/synth/light.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"

#include <functional>

namespace diorama {

// What the depth camera meets in the middle of each pixel.
struct SynthSurfaceImage {
  ImageF32 depth_m;  // planar z, 0: nothing
  ImageU16 ids;
  ImageF32 cosine;     // between the ray and the surface's normal
  ImageU8 reflective;  // 1: a mirror-like or shining surface, which defeats depth sensors
};

SynthSurfaceImage render_surface(const SynthGeometry& geometry, const SynthBvh& bvh, const Camera& camera,
                                 ThreadPool& pool);

// Light that is gathered over several rays a pixel: linear radiance times coverage, and coverage.
using SynthColorSum = Image<glm::vec4>;

struct SynthColorRays {
  int begin = 0, end = 0, total = 0;  // samples [begin, end) of `total` are added
  uint32_t key = 0;                   // of the frame: shifts the samples
  // The camera during sample k, s in [0, 1) of the shutter's time.
  std::function<Camera(float s)> camera_at;
  LensDistortion lens{};
};

// Adds samples to `sum`. Colour does not depend on the thread count.
void add_color_rays(const SynthGeometry& geometry, const SynthBvh& bvh, const SynthLightMap& light,
                    const SynthColorRays& rays, SynthColorSum& sum, ThreadPool& pool);

}  // namespace diorama
