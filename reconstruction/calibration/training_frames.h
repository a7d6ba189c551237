#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "engine/scene/mesh.h"

#include <cstddef>
#include <span>
#include <vector>

namespace diorama {

// Training frames with depth and colour, in capture order. Error kInvalidInput: fewer than `least`, or the frames are
// of several cameras that take one moment (a moving scene cannot be fused over time).
std::vector<size_t> still_frames(const Capture& capture, size_t least, const char* purpose);

// `count` of them, evenly spread; all where there are no more.
std::vector<size_t> spread_over(const std::vector<size_t>& frames, size_t count);

// Their depth cameras as the capture has them.
std::vector<Camera> depth_cameras_of(const Capture& capture, const std::vector<size_t>& frames);

// The surface that the frames' depth agrees on from `depth_cameras`, one a frame; with normals, in the cameras' world.
Mesh fused_surface(const Capture& capture, const std::vector<size_t>& frames, std::span<const Camera> depth_cameras,
                   float voxel_m, JobContext& job);

}  // namespace diorama
