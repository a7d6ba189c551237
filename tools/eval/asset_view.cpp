#include "tools/eval/asset_view.h"

#include "engine/base/error.h"
#include "engine/gpu/pipeline_cache.h"
#include "engine/gpu/vulkan_result.h"
#include "renderers/mesh/raster_view.h"
#include "renderers/splats/splat_raster_view.h"
#include "viewer/scene/vulkan_scene.h"

#include <optional>
#include <utility>

namespace diorama {
namespace {

class CpuView : public AssetView {
 public:
  CpuView(const Asset& asset, ThreadPool& pool)
      : asset_(asset), mips_(make_asset_mips(asset, pool)), meshes_(raster_meshes(asset, &mips_)), pool_(pool) {}

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool) override {
    return rasterize(meshes_, camera, options, pool_);
  }

  void set_meshes(std::vector<MeshPart> meshes) override {
    moved_ = std::move(meshes);
    meshes_ = raster_meshes(moved_, asset_, &mips_);
  }

  void set_splats(std::vector<SplatPart> splats) override { DIO_CHECK(splats.empty()); }

 private:
  const Asset& asset_;
  AssetMips mips_;
  std::vector<MeshPart> moved_;
  std::vector<RasterMesh> meshes_;
  ThreadPool& pool_;
};

class SplatView : public AssetView {
 public:
  SplatView(const Asset& asset, ThreadPool& pool) : asset_(asset), view_(asset), pool_(pool) {}

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth) override {
    return view_.draw(camera, options, with_depth, pool_);
  }

  void set_meshes(std::vector<MeshPart> meshes) override { DIO_CHECK(meshes.empty()); }

  void set_splats(std::vector<SplatPart> splats) override {
    const Asset now{.splats = std::move(splats), .record = asset_.record};
    view_ = SplatRasterView(now);
  }

 private:
  const Asset& asset_;
  SplatRasterView view_;
  ThreadPool& pool_;
};

class VulkanView : public AssetView {
 public:
  VulkanView(const Asset& asset, GpuOptions options, std::unique_ptr<GpuDevice> device, ThreadPool& pool)
      : asset_(asset), options_(std::move(options)), device_(std::move(device)), pool_(pool) {
    scene_ = std::make_unique<VulkanScene>(*device_, asset_);
  }

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth) override {
    try {
      return scene_->draw(camera, options, with_depth);
    } catch (const DeviceLost&) {
      build_again();
      return scene_->draw(camera, options, with_depth);
    }
  }

  void set_meshes(std::vector<MeshPart> meshes) override {
    moved_ = std::move(meshes);
    try {
      scene_->set_meshes(*moved_, asset_);
    } catch (const DeviceLost&) {
      build_again();
    }
  }

  void set_splats(std::vector<SplatPart> splats) override {
    splats_ = std::move(splats);
    played_.reset();
    try {
      scene_->set_splats(*splats_);
    } catch (const DeviceLost&) {
      build_again();
    }
  }

  void show_frame(const SplatPerformance& performance, size_t frame, const std::vector<SplatPart>& others) override {
    splats_.reset();
    played_ = {&performance, frame, others};
    try {
      scene_->show(performance, frame, others, pool_);
    } catch (const DeviceLost&) {
      build_again();
    }
  }

 private:
  struct PlayedFrame {
    const SplatPerformance* performance = nullptr;
    size_t frame = 0;
    std::vector<SplatPart> others;
  };

  void build_again() {
    scene_.reset();
    device_.reset();
    device_ = std::make_unique<GpuDevice>(options_);
    scene_ = std::make_unique<VulkanScene>(*device_, asset_);
    if (moved_) scene_->set_meshes(*moved_, asset_);
    if (splats_) scene_->set_splats(*splats_);
    if (played_) scene_->show(*played_->performance, played_->frame, played_->others, pool_);
  }

  const Asset& asset_;
  std::optional<std::vector<MeshPart>> moved_;
  std::optional<std::vector<SplatPart>> splats_;
  std::optional<PlayedFrame> played_;  // one of the two at most
  GpuOptions options_;
  std::unique_ptr<GpuDevice> device_;
  ThreadPool& pool_;
  std::unique_ptr<VulkanScene> scene_;
};

}  // namespace

void AssetView::show_frame(const SplatPerformance& performance, size_t frame, const std::vector<SplatPart>& others) {
  std::vector<SplatPart> parts = performance.frame(frame);
  parts.insert(parts.end(), others.begin(), others.end());
  set_splats(std::move(parts));
}

GpuOptions gpu_options(const BackendOptions& options, LogSink log) {
  GpuOptions gpu;
  gpu.device = options.device;
  gpu.cache_dir = user_cache_dir();
  gpu.log = std::move(log);
  return gpu;
}

std::future<std::unique_ptr<GpuDevice>> start_device(const BackendOptions& options, LogSink log) {
  if (!options.on_vulkan()) return {};
  return std::async(std::launch::async,
                    [gpu = gpu_options(options, std::move(log))] { return std::make_unique<GpuDevice>(gpu); });
}

std::unique_ptr<AssetView> make_asset_view(const Asset& asset, const BackendOptions& options, ThreadPool& pool,
                                           LogSink log, std::future<std::unique_ptr<GpuDevice>> device) {
  const bool has_splats = splat_count(asset) > 0;
  if (!has_splats && asset.meshes.empty()) fail(ErrorCode::kInvalidInput, "has no meshes and no splats to draw");
  if (has_splats && !asset.meshes.empty() && !options.on_vulkan()) {
    fail(ErrorCode::kUnsupported, "holds meshes and splats, which only --backend vulkan draws together");
  }
  if (!options.on_vulkan()) {
    if (has_splats) return std::make_unique<SplatView>(asset, pool);
    return std::make_unique<CpuView>(asset, pool);
  }
  GpuOptions gpu = gpu_options(options, std::move(log));
  std::unique_ptr<GpuDevice> made = device.valid() ? device.get() : std::make_unique<GpuDevice>(gpu);
  return std::make_unique<VulkanView>(asset, std::move(gpu), std::move(made), pool);
}

}  // namespace diorama
