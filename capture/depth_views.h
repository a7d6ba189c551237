#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

// A frame's depth, made small enough that dozens fit in memory.
struct DepthView {
  size_t frame = 0;  // of the capture
  size_t order = 0;  // among the frames with depth
  std::optional<double> time_s;
  Camera camera;                        // of depth_m
  ImageF32 depth_m;                     // every n-th pixel, at most 640 a side; 0 = no measurement
  std::vector<glm::vec3> points;        // in the camera's frame: up to 600 pixels away from depth edges, evenly chosen
  std::vector<float> depths_m;          // up to 4000 valid depths, evenly chosen over the whole image
  size_t pixels = 0, valid_pixels = 0;  // of the whole image
};

// Frames with depth to look at: all if there are no more than `max_frames`, else bursts of four (0, 3, 10 and 30 frames
// on) spread evenly over the capture; of a rig, all cameras at moments spread evenly over time.
std::vector<size_t> choose_depth_frames(std::span<const Frame> frames, size_t max_frames);

// Whether frames of different cameras were taken at the same time.
bool is_rig(std::span<const Frame> frames);

// Decodes on the job's threads; the stage "depth" counts them. The result does not depend on the thread count.
std::vector<DepthView> load_depth_views(const Capture& capture, std::span<const size_t> frames, JobContext& job);

// Depth at a pixel position between four measurements of one surface (bilinear in 1/z, exact on planes). Nothing
// outside the image, beside missing measurements and at depth edges.
std::optional<float> surface_depth(const ImageF32& depth_m, glm::vec2 pixel);

}  // namespace diorama
