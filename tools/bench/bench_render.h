#pragma once

#include "assets/asset.h"
#include "engine/base/job.h"
#include "engine/gpu/frame_ring.h"
#include "engine/scene/camera.h"
#include "tools/eval/asset_view.h"

#include <span>
#include <string>
#include <vector>

namespace diorama {

struct RenderBenchOptions {
  int samples = 1;
  bool depth = false;
  int warm_up = 10, rounds = 1;
  int replicate = 0;
  bool sh_bytes = false;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("samples", samples, {"1", "4"}, "colour samples a pixel");
    option("depth", depth, "draw depth, too");
    option("warm-up", warm_up, {0, 10000}, "frames before those that count");
    option("rounds", rounds, {1, 1000}, "times along the trajectory");
    option("replicate", replicate, {0, 1 << 24},
           "draw so many splats, each of the asset's cut into smaller ones (or left out); 0: as they are");
    option("sh-bytes", sh_bytes, "on Vulkan, keep the splats' coefficients above degree 0 in 8 bits, not 16");
  }
  int samples_per_pixel() const { return samples == 1 ? 4 : 1; }
};

// Where the start of a program that draws goes, ms.
struct RenderStart {
  double read = 0;           // the asset's file; set by who read it
  double device = 0;         // driver and device
  double upload = 0;         // geometry and textures
  double pipelines = 0;      // render passes and pipelines
  double first_picture = 0;  // the first frame after all that
};

// Speed of drawing along a trajectory. Medians are those of single frames.
struct RenderBench {
  std::string asset, trajectory;  // set by who opened them
  std::string backend, device, driver;
  glm::ivec2 size_px{0};
  int samples = 0, rounds = 0, threads = 0;
  bool depth = false;
  double frame_ms = 0, frame_ms_95 = 0;  // from the call to the picture in memory: the median, and 95 of 100 are faster
  double frame_cpu_ms = 0;               // CPU time of all threads, the driver's too: the mean
  double frames_per_s = 0;               // one after another: 1000 / frame_ms
  double overlapped_frames_per_s = 0;    // with two in flight; on the CPU as above
  std::vector<PassTime> passes;          // medians by the device's clock; on the CPU "frame" alone
  size_t triangles = 0, vertices = 0, chunks = 0;
  double draws = 0, triangles_drawn = 0;  // of a frame
  size_t splats = 0;
  double splats_visible = 0;                              // of a frame, on Vulkan
  double bytes_per_splat = 0, frame_bytes_per_splat = 0;  // on Vulkan: kept, and what frames need beside, by room
  double device_memory_mb = 0;                            // what is allocated there; 0 on the CPU
  double peak_memory_mb = 0;                              // of the process so far
  RenderStart start_ms;
  std::vector<Camera> cameras;
};

// Draws the asset (meshes, or splats alone) from each camera `rounds` times after the warm-up; the cameras are of one
// size. Error: as make_asset_view.
RenderBench bench_render(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                         const BackendOptions& backend, JobContext& job);

// Cameras with world_from_camera as 16 numbers, row by row.
std::string to_json(const RenderBench& bench);
std::string to_text(const RenderBench& bench);

}  // namespace diorama
