#include "viewer/scene/vulkan_scene.h"

#include "assets/splat_sequence.h"
#include "engine/base/error.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace diorama {
namespace {

std::vector<SplatRun> runs_of(size_t first, size_t count, size_t chunk_splats) {
  std::vector<SplatRun> runs;
  for (size_t at = first; at < first + count;) {
    const size_t chunk = at / chunk_splats, part = std::min(first + count, (chunk + 1) * chunk_splats) - at;
    runs.push_back(
        {static_cast<uint32_t>(chunk), static_cast<uint32_t>(at % chunk_splats), static_cast<uint32_t>(part)});
    at += part;
  }
  return runs;
}

}  // namespace

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
  finish_live();
  DIO_CHECK(meshes_ || meshes.empty());
  if (meshes_) meshes_->set_meshes(meshes, asset);
}

void VulkanScene::set_splats(std::span<const SplatPart> splats) {
  DIO_CHECK(splats_.has_value());
  finish_live();
  int sh_degree = 0;
  for (const SplatPart& part : splats) sh_degree = std::max(sh_degree, part.cloud.sh_degree);
  if (coded_ || sh_degree > splats_->options().sh_degree) make_buffers(sh_degree);
  splats_->truncate(0);
  UploadRing uploads(*device_);
  for (const SplatPart& part : splats) splats_->append(part.cloud, uploads);
  uploads.finish();
}

void VulkanScene::make_buffers(int sh_degree) {
  coded_.reset();
  splat_renderer_.reset();
  splats_.emplace(*device_, SplatBufferOptions{.sh_degree = sh_degree});
  splat_renderer_.emplace(*device_, *splats_);
}

VulkanScene::CodedSplats::CodedSplats(GpuDevice& device, const SplatVideoReader& of, const SplatBuffers& target,
                                      size_t still_splats, size_t first_splat)
    : video(&of),
      still(still_splats),
      first(first_splat),
      dequantizer(device, target, first_splat, of.first_frame().record.value_or(AssetRecord{}).asset_from_capture) {}

void VulkanScene::start_video(const SplatVideoReader& video, std::span<const SplatPart> others) {
  std::vector<SplatPart> still(others.begin(), others.end());
  for (const SplatPart& part : video.first_frame().splats) {
    if (part.name == kSplatBackgroundName) still.push_back(part);
  }
  int sh_degree = 0;
  size_t most = 0;
  for (const SplatPart& part : still) sh_degree = std::max(sh_degree, part.cloud.sh_degree);
  for (const GroupParameters& group : video.video().groups) {
    sh_degree = std::max(sh_degree, group.sh_degree);
    most = std::max(most, group.splat_count);
  }
  make_buffers(sh_degree);
  UploadRing uploads(*device_);
  for (const SplatPart& part : still) splats_->append(part.cloud, uploads);
  uploads.finish();
  const size_t count = splats_->size(), first = (count + kSplatPage - 1) / kSplatPage * kSplatPage;
  splats_->reserve(first + most);
  coded_.emplace(*device_, video, *splats_, count, first);
}

void VulkanScene::show_coded(const SplatVideoReader& video, size_t frame, std::span<const SplatPart> others,
                             ThreadPool& pool) {
  finish_live();
  if (!coded_ || coded_->video != &video) start_video(video, others);
  const VideoPictures pictures = video.pictures().at(frame);
  if (coded_->group != pictures.group) {
    const GroupParameters& group = video.video().groups[pictures.group];
    coded_->dequantizer.start(group, video.pictures().layouts(), video.pictures().first_exact(), pool);
    coded_->group = pictures.group;
    std::vector<SplatRun> runs = runs_of(0, coded_->still, splats_->chunk_splats());
    std::ranges::copy(runs_of(coded_->first, group.splat_count, splats_->chunk_splats()), std::back_inserter(runs));
    splats_->show(std::move(runs));
  }
  coded_->dequantizer.decode(pictures.exact, pictures.lossy);
}

void VulkanScene::show(const SplatPerformance& performance, size_t frame, std::span<const SplatPart> others,
                       ThreadPool& pool) {
  if (const auto* const video = dynamic_cast<const SplatVideoReader*>(&performance)) {
    return show_coded(*video, frame, others, pool);
  }
  std::vector<SplatPart> parts = performance.frame(frame);
  parts.insert(parts.end(), others.begin(), others.end());
  set_splats(parts);
}

void VulkanScene::finish_live() {
  if (live_mesh_frame_) meshes_->finish(*std::exchange(live_mesh_frame_, std::nullopt));
  if (live_splat_frame_) splat_renderer_->finish(*std::exchange(live_splat_frame_, std::nullopt));
}

const GpuImage& VulkanScene::draw_live(const Camera& camera, const RasterOptions& options) {
  finish_live();
  if (meshes_) live_mesh_frame_ = meshes_->begin(camera, options, splat_renderer_.has_value(), false);
  if (!splat_renderer_) return meshes_->color_image();
  const SplatRenderOptions splats{.background = options.background, .antialiased = antialiased_};
  if (meshes_) {
    const SplatBackdrop backdrop{&meshes_->color_image(), &meshes_->depth_image(), options.near_m};
    live_splat_frame_ = splat_renderer_->begin(camera, splats, false, &backdrop, false);
  } else {
    live_splat_frame_ = splat_renderer_->begin(camera, splats, false, nullptr, false);
  }
  return splat_renderer_->color_image();
}

SceneStats VulkanScene::stats() const {
  SceneStats stats;
  const auto add = [&](const std::vector<PassTime>& passes) {
    for (const PassTime& pass : passes) {
      if (pass.name != "copy") stats.passes.push_back(pass);
    }
  };
  if (meshes_) {
    stats.triangles = meshes_->stats().triangles;
    add(meshes_->pass_times());
  }
  if (splat_renderer_) {
    const SplatRendererStats splats = splat_renderer_->stats();
    stats.splats = splats.splats;
    stats.splats_visible = splats.visible;
    add(splat_renderer_->pass_times());
  }
  return stats;
}

RasterResult VulkanScene::draw(const Camera& camera, const RasterOptions& options, bool with_depth) {
  finish_live();
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
