#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <string>
#include <vector>

namespace diorama {

// Speed of fusion on a capture; medians over the repeats.
struct FusionBench {
  std::string capture;
  size_t frames = 0;
  int repeats = 0, threads = 0;
  float voxel_m = 0, truncation_m = 0;
  bool color = true;
  double decode_s = 0;                     // of all frames once, on all threads
  double integration_fps = 0;              // frames lie decoded in memory
  std::vector<double> integration_fps_of;  // each repeat
  double extraction_s = 0;
  size_t blocks = 0, volume_bytes = 0, triangles = 0, vertices = 0;
  double peak_memory_mb = 0;  // MiB, of the process so far
};

// Fuses the first `max_frames` training frames (0: all) `repeats` times. Frames are decoded into memory in pieces of at
// most 512 MiB; only the time between decoding counts as integration.
FusionBench bench_fusion(const Capture& capture, const FusionOptions& options, int max_frames, int repeats,
                         JobContext& job);

std::string to_json(const FusionBench& bench);

}  // namespace diorama
