#include "renderers/splats/splat_raster_view.h"

#include "engine/scene/color.h"

#include <algorithm>

namespace diorama {
namespace {

// Below this share the mean depth is that of a haze in front of nothing.
constexpr float kMinDepthAlpha = 0.5f;

// The planes hold display (sRGB) values over the background already.
ImageRgba8 color_of(const SplatPlanes& planes) {
  ImageRgba8 color(planes.size_px());
  for (int y = 0; y < color.height(); ++y) {
    const auto red = planes.row(SplatPlane::kRed, y), green = planes.row(SplatPlane::kGreen, y),
               blue = planes.row(SplatPlane::kBlue, y);
    const std::span<glm::u8vec4> row = color.row(y);
    for (size_t x = 0; x < row.size(); ++x) row[x] = {unorm8(red[x]), unorm8(green[x]), unorm8(blue[x]), 255};
  }
  return color;
}

ImageF32 coverage_of(const SplatPlanes& planes) {
  ImageF32 coverage(planes.size_px());
  for (int y = 0; y < coverage.height(); ++y) {
    const auto alpha = planes.row(SplatPlane::kAlpha, y);
    std::copy(alpha.begin(), alpha.end(), coverage.row(y).begin());
  }
  return coverage;
}

ImageF32 depth_of(const SplatPlanes& planes) {
  ImageF32 depth_m(planes.size_px());
  for (int y = 0; y < depth_m.height(); ++y) {
    const auto alpha = planes.row(SplatPlane::kAlpha, y), depth = planes.row(SplatPlane::kDepth, y);
    const std::span<float> row = depth_m.row(y);
    for (size_t x = 0; x < row.size(); ++x) row[x] = alpha[x] > kMinDepthAlpha ? depth[x] / alpha[x] : 0.0f;
  }
  return depth_m;
}

}  // namespace

SplatRasterView::SplatRasterView(const Asset& asset) : antialiased_(asset.record && asset.record->antialiased) {
  const SplatCloud cloud = merged_splats(asset);
  layout_.sh_degree = cloud.sh_degree;
  records_ = records_from_cloud(cloud);
}

RasterResult SplatRasterView::draw(const Camera& camera, const RasterOptions& options, bool with_depth,
                                   ThreadPool& pool) {
  SplatRasterOptions raster;
  raster.channels.depth = with_depth;
  raster.background = options.background;
  raster.antialiased = antialiased_;
  rasterizer_.forward(records_, layout_, camera, raster, planes_, pool);
  RasterResult result{.color = color_of(planes_), .coverage = coverage_of(planes_)};
  if (with_depth) result.depth_m = depth_of(planes_);
  return result;
}

}  // namespace diorama
