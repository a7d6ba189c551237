#pragma once

#include "engine/gpu/splat_pages.h"
#include "renderers/splats/splat_raster_view.h"
#include "renderers/splats/splat_renderer.h"
#include "renderers/splats/splat_stream.h"

#include <map>
#include <utility>

namespace diorama {

// The two that draw a stream: twins, as SplatRenderer and SplatRasterView are. Each gets every step of its stream.

// On the device: memory for all that the stream can have there at once is made at the start.
class SplatStreamRenderer {
 public:
  // The stream must not have stepped yet. Error kUnsupported or kIo: what the device cannot do or hold.
  SplatStreamRenderer(GpuDevice& device, const SplatStream& stream);

  void apply(const SplatStreamStep& step);
  SplatRenderer& renderer() { return renderer_; }
  uint64_t memory_bytes() const { return buffers_.memory_bytes(); }

 private:
  SplatBuffers buffers_;
  SplatPages pages_;
  UploadRing uploads_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<SplatRun>> pieces_;  // by node and level
  SplatRenderer renderer_;
};

// On the CPU: keeps every splat as a record twice, as it came and as it is drawn now.
class SplatStreamRaster {
 public:
  SplatStreamRaster(const SplatStream& stream, bool antialiased);

  void apply(const SplatStreamStep& step);
  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth, ThreadPool& pool) {
    return view_.draw(camera, options, with_depth, pool);
  }

 private:
  struct Piece {
    AlignedVector<float> records;
    std::vector<float> opacities;
  };
  SplatLayout layout_;
  std::map<std::pair<uint32_t, uint32_t>, Piece> pieces_;
  SplatRasterView view_;
};

}  // namespace diorama
