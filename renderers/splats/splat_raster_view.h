#pragma once

#include "assets/asset.h"
#include "engine/raster/splat_rasterizer.h"
#include "engine/raster/triangles.h"

namespace diorama {

// Splats drawn by the CPU rasteriser again and again. Keeps a copy of them.
class SplatRasterView {
 public:
  explicit SplatRasterView(const Asset& asset);  // all its clouds as one
  SplatRasterView(SplatLayout layout, bool antialiased) : layout_(layout), antialiased_(antialiased) {}

  void set_records(AlignedVector<float> records) { records_ = std::move(records); }  // of the layout

  // The camera's world is the asset's frame. Of the options only the background counts: colours are those of the
  // pixels' centres, and splats nearer than 0.2 m are left out, as 3DGS does. coverage is the splats' alpha; depth_m,
  // where asked for, their mean planar depth weighted as their colours are, where alpha is above 0.5, else 0.
  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth, ThreadPool& pool);

 private:
  SplatLayout layout_;
  AlignedVector<float> records_;
  bool antialiased_ = false;
  SplatRasterizer rasterizer_;
  SplatPlanes planes_;
};

}  // namespace diorama
