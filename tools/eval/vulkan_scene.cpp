#include "tools/eval/vulkan_scene.h"

#include "engine/base/error.h"

#include <algorithm>

namespace diorama {

SplatBuffers upload_splats(GpuDevice& device, const Asset& asset, bool sh_bytes) {
  SplatBufferOptions options{.sh_degree = 0, .sh_bytes = sh_bytes, .sh_range = glm::vec3(1e-3f)};
  for (const SplatPart& part : asset.splats) {
    check_splat_cloud(part.cloud);
    options.sh_degree = std::max(options.sh_degree, part.cloud.sh_degree);
    if (sh_bytes) options.sh_range = glm::max(options.sh_range, sh_range_of(part.cloud));
  }
  SplatBuffers splats(device, options);
  UploadRing uploads(device);
  for (const SplatPart& part : asset.splats) splats.append(part.cloud, uploads);
  uploads.finish();
  return splats;
}

VulkanScene::VulkanScene(GpuDevice& device, const Asset& asset)
    : device_(&device), antialiased_(asset.record && asset.record->antialiased) {
  if (!asset.meshes.empty()) meshes_.emplace(device, asset);
  if (splat_count(asset) == 0) return;
  splats_.emplace(upload_splats(device, asset));
  splat_renderer_.emplace(device, *splats_);
}

void VulkanScene::set_meshes(std::span<const MeshPart> meshes, const Asset& asset) {
  DIO_CHECK(meshes_ || meshes.empty());
  if (meshes_) meshes_->set_meshes(meshes, asset);
}

void VulkanScene::set_splats(std::span<const SplatPart> splats) {
  DIO_CHECK(splats_.has_value());
  int sh_degree = 0;
  for (const SplatPart& part : splats) sh_degree = std::max(sh_degree, part.cloud.sh_degree);
  if (sh_degree > splats_->options().sh_degree) {
    splat_renderer_.reset();
    splats_.emplace(*device_, SplatBufferOptions{.sh_degree = sh_degree});
    splat_renderer_.emplace(*device_, *splats_);
  }
  splats_->truncate(0);
  UploadRing uploads(*device_);
  for (const SplatPart& part : splats) splats_->append(part.cloud, uploads);
  uploads.finish();
}

RasterResult VulkanScene::draw(const Camera& camera, const RasterOptions& options, bool with_depth) {
  if (!splat_renderer_) return meshes_->render(camera, options, with_depth);
  if (meshes_) return draw_both(camera, options, with_depth);
  return splat_renderer_->render(camera, {.background = options.background, .antialiased = antialiased_}, with_depth);
}

RasterResult VulkanScene::draw_both(const Camera& camera, const RasterOptions& options, bool with_depth) {
  const uint64_t frame = meshes_->begin(camera, options, true);
  const SplatBackdrop backdrop{&meshes_->color_image(), &meshes_->depth_image(), options.near_m};
  RasterResult result = splat_renderer_->render(camera, {.antialiased = antialiased_}, with_depth, &backdrop);
  const RasterResult behind = meshes_->finish(frame);
  for (size_t i = 0; i < result.coverage.pixels().size(); ++i) {
    float& coverage = result.coverage.pixels()[i];
    coverage += (1 - coverage) * behind.coverage.pixels()[i];
    if (!with_depth) continue;
    float& depth = result.depth_m.pixels()[i];
    if (depth == 0) depth = behind.depth_m.pixels()[i];
  }
  return result;
}

}  // namespace diorama
