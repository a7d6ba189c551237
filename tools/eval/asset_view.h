#pragma once

#include "assets/asset.h"
#include "assets/splat_performance.h"
#include "engine/base/log.h"
#include "engine/gpu/gpu_device.h"
#include "engine/raster/triangles.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace diorama {

// What draws an asset.
struct BackendOptions {
  int backend = 0;
  std::string device;
  bool on_vulkan() const { return backend == 1; }
  template <class Visitor>
  void visit(Visitor&& option) {
    option("backend", backend, {"cpu", "vulkan"}, "what draws the asset");
    option("device", device,
           "Vulkan device: its number or a part of its name in `diorama devices`; default: DIORAMA_DEVICE, else the "
           "first real GPU, else a software driver");
  }
};

// The device that the options name, with compiled pipelines kept in the user's cache.
GpuOptions gpu_options(const BackendOptions& options, LogSink log);

// The device begun on a thread of its own, so that files are read meanwhile; nothing on the CPU. Errors come with
// get().
std::future<std::unique_ptr<GpuDevice>> start_device(const BackendOptions& options, LogSink log);

// An asset that is drawn again and again.
class AssetView {
 public:
  virtual ~AssetView() = default;
  // The camera's world is the asset's frame. Without depth, depth_m may be empty.
  virtual RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth) = 0;
  // Draws these from here on: the asset's meshes, moved (AnimatedGltf::meshes_at).
  virtual void set_meshes(std::vector<MeshPart> meshes) = 0;
  // Draws these splats from here on, in place of the asset's, which must have some.
  virtual void set_splats(std::vector<SplatPart> splats) = 0;
  // Draws a frame of a performance and `others` from here on, in place of the asset's splats. On Vulkan a coded one is
  // dequantised on the device. The performance must stay as long as it is shown.
  virtual void show_frame(const SplatPerformance& performance, size_t frame, const std::vector<SplatPart>& others);
};

// The asset and the pool must stay. On Vulkan a lost device is made again once a picture. Error: what GpuDevice and
// the renderers refuse; kUnsupported: meshes and splats together on the CPU.
// `device`: of start_device() with the same options; without one it is made here.
std::unique_ptr<AssetView> make_asset_view(const Asset& asset, const BackendOptions& options, ThreadPool& pool,
                                           LogSink log = {}, std::future<std::unique_ptr<GpuDevice>> device = {});

}  // namespace diorama
