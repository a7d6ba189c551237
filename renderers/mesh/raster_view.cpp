#include "renderers/mesh/raster_view.h"

namespace diorama {
namespace {

RasterMaterial raster_material(const Asset& asset, const MeshPart& part) {
  RasterMaterial result;
  if (!part.material) {
    result.lit = true;
    result.double_sided = false;
    return result;
  }
  const Material& material = asset.materials.at(*part.material);
  result.base_color_linear = material.base_color_linear;
  if (material.base_color_texture) {
    const Texture& texture = asset.textures.at(*material.base_color_texture);
    result.texture = &texture.image;
    result.repeat_u = texture.repeat_u;
    result.repeat_v = texture.repeat_v;
  }
  result.double_sided = material.double_sided;
  result.alpha_cutoff = material.alpha_mode == AlphaMode::kMask ? material.alpha_cutoff : 0.0f;
  result.blend = material.alpha_mode == AlphaMode::kBlend;
  result.lit = !material.unlit;
  return result;
}

}  // namespace

std::vector<RasterMesh> raster_meshes(const Asset& asset) {
  return raster_meshes(asset.meshes, asset);
}

std::vector<RasterMesh> raster_meshes(std::span<const MeshPart> meshes, const Asset& asset) {
  std::vector<RasterMesh> result;
  for (const MeshPart& part : meshes) result.push_back({&part.mesh, raster_material(asset, part)});
  return result;
}

RasterResult render_on_cpu(const Asset& asset, const Camera& camera, const RasterOptions& options, ThreadPool& pool) {
  return rasterize(raster_meshes(asset), camera, options, pool);
}

}  // namespace diorama
