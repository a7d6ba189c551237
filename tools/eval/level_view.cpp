#include "tools/eval/level_view.h"

#include "engine/base/error.h"
#include "renderers/splats/splat_stream_views.h"

namespace diorama {
namespace {

// A stream, whose steps go with its pictures.
class LevelView : public AssetView {
 public:
  LevelView(std::unique_ptr<SogLevelSource> source, const SplatLodOptions& lod, double picture_s, ThreadPool& pool,
            std::unique_ptr<GpuDevice> device)
      : antialiased_(source->coarsest().record && source->coarsest().record->antialiased),
        picture_s_(picture_s),
        stream_(std::move(source), {.lod = lod, .wait = true}),
        pool_(pool),
        device_(std::move(device)) {
    if (device_) {
      on_device_.emplace(*device_, stream_);
    } else {
      on_cpu_.emplace(stream_, antialiased_);
    }
  }

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth) override {
    const SplatStreamStep step = started_ ? stream_.advance(camera, picture_s_) : stream_.settle(camera);
    started_ = true;
    if (on_cpu_) {
      on_cpu_->apply(step);
      return on_cpu_->draw(camera, options, with_depth, pool_);
    }
    on_device_->apply(step);
    return on_device_->renderer().render(camera, {.background = options.background, .antialiased = antialiased_},
                                         with_depth);
  }

  void set_meshes(std::vector<MeshPart> meshes) override { DIO_CHECK(meshes.empty()); }
  void set_splats(std::vector<SplatPart> splats) override { DIO_CHECK(splats.empty()); }

 private:
  bool antialiased_, started_ = false;
  double picture_s_;
  SplatStream stream_;
  ThreadPool& pool_;
  std::unique_ptr<GpuDevice> device_;  // absent: the CPU draws
  std::optional<SplatStreamRenderer> on_device_;
  std::optional<SplatStreamRaster> on_cpu_;
};

}  // namespace

std::unique_ptr<AssetView> make_level_view(std::unique_ptr<SogLevelSource> source, const SplatLodOptions& lod,
                                           double picture_s, const BackendOptions& options, ThreadPool& pool,
                                           LogSink log, std::future<std::unique_ptr<GpuDevice>> device) {
  std::unique_ptr<GpuDevice> made;
  if (options.on_vulkan()) {
    made = device.valid() ? device.get() : std::make_unique<GpuDevice>(gpu_options(options, std::move(log)));
  }
  return std::make_unique<LevelView>(std::move(source), lod, picture_s, pool, std::move(made));
}

}  // namespace diorama
