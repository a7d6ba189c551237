#pragma once

#include "assets/asset.h"
#include "renderers/mesh/mesh_renderer.h"
#include "renderers/splats/splat_renderer.h"

#include <optional>

namespace diorama {

// An asset's meshes and splats on one device, drawn together: splats are tested against the meshes' depth (of one
// sample a pixel) and laid over their picture. Blended surfaces lie behind all splats that opaque ones do not hide.
class VulkanScene {
 public:
  // Error: what the renderers refuse.
  VulkanScene(GpuDevice& device, const Asset& asset);

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth);
  void set_meshes(std::span<const MeshPart> meshes, const Asset& asset);
  void set_splats(std::span<const SplatPart> splats);  // the asset must have had some

 private:
  RasterResult draw_both(const Camera& camera, const RasterOptions& options, bool with_depth);

  GpuDevice* device_;
  bool antialiased_;
  std::optional<MeshRenderer> meshes_;
  std::optional<SplatBuffers> splats_;
  std::optional<SplatRenderer> splat_renderer_;
};

// The asset's splats on the device. `sh_bytes`: see SplatBufferOptions.
SplatBuffers upload_splats(GpuDevice& device, const Asset& asset, bool sh_bytes = false);

}  // namespace diorama
