#pragma once

#include "engine/scene/camera.h"
#include "engine/scene/image.h"

namespace diorama {

// Normals of a depth image in the camera's frame, towards the camera; zero at edges and where depth is missing.
// `reach`: pixels to both sides that the slope is taken over.
ImageRgb normals_of(const Camera& camera, const ImageF32& depth_m, int reach);

}  // namespace diorama
