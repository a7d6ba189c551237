#include "renderers/mesh/raster_view.h"

namespace diorama {
namespace {

TextureKind kind_of(TextureSlot slot) {
  const bool color = slot == TextureSlot::kBaseColor || slot == TextureSlot::kEmissive;
  return color ? TextureKind::kColor : TextureKind::kData;
}

RasterMap raster_map(const Asset& asset, const Material& material, TextureSlot slot, const AssetMips* mips) {
  RasterMap map;
  const std::optional<size_t> index = material.texture(slot);
  if (!index) return map;
  const Texture& texture = asset.textures.at(*index);
  map.view = {&texture.image,   nullptr,          texture.repeat_u, texture.repeat_v,
              texture.mirror_u, texture.mirror_v, texture.nearest,  kind_of(slot)};
  if (mips != nullptr) map.view.mips = &mips->at({*index, kind_of(slot)});
  const TextureUv& uv = material.uv[static_cast<size_t>(slot)];
  map.uv_set = uv.set;
  map.uv_transform = uv.transform;
  return map;
}

void set_base(const RasterMap& map, RasterMaterial& result) {
  result.texture = map.view.image;
  result.mips = map.view.mips;
  result.repeat_u = map.view.repeat_u;
  result.repeat_v = map.view.repeat_v;
  result.mirror_u = map.view.mirror_u;
  result.mirror_v = map.view.mirror_v;
  result.nearest = map.view.nearest;
  result.uv_set = map.uv_set;
  result.uv_transform = map.uv_transform;
}

RasterSurface raster_surface(const Asset& asset, const Material& material, const AssetMips* mips) {
  RasterSurface surface;
  surface.metallic = material.metallic;
  surface.roughness = material.roughness;
  surface.metallic_roughness = raster_map(asset, material, TextureSlot::kMetallicRoughness, mips);
  surface.normal = raster_map(asset, material, TextureSlot::kNormal, mips);
  surface.normal_scale = material.normal_scale;
  surface.occlusion = raster_map(asset, material, TextureSlot::kOcclusion, mips);
  surface.occlusion_strength = material.occlusion_strength;
  surface.emissive = raster_map(asset, material, TextureSlot::kEmissive, mips);
  surface.emissive_linear = material.emissive_linear;
  surface.dielectric_reflectance = material.dielectric_reflectance();
  surface.transmission = material.transmission;
  surface.tint = material.volume_tint();
  surface.iridescence = material.iridescence;
  surface.film_ior = material.film_ior;
  surface.film_thickness_nm = material.film_thickness_nm;
  return surface;
}

RasterMaterial raster_material(const Asset& asset, const MeshPart& part, const AssetMips* mips) {
  const Material material = part.material ? asset.materials.at(*part.material) : Material{};
  RasterMaterial result;
  result.base_color_linear = material.base_color_linear;
  set_base(raster_map(asset, material, TextureSlot::kBaseColor, mips), result);
  result.double_sided = material.double_sided;
  result.alpha_cutoff = material.alpha_mode == AlphaMode::kMask ? material.alpha_cutoff : 0.0f;
  result.blend = material.is_see_through();
  result.ignore_alpha = material.alpha_mode != AlphaMode::kBlend;
  result.lit = !material.unlit;
  if (result.lit) result.surface = raster_surface(asset, material, mips);
  return result;
}

}  // namespace

AssetMips make_asset_mips(const Asset& asset, ThreadPool& pool) {
  AssetMips mips;
  for (const Material& material : asset.materials) {
    for (size_t i = 0; i < kTextureSlots; ++i) {
      const auto slot = static_cast<TextureSlot>(i);
      const std::optional<size_t> texture = material.texture(slot);
      if (!texture) continue;
      const auto [chain, fresh] = mips.try_emplace({*texture, kind_of(slot)});
      if (fresh) chain->second = make_mips(asset.textures.at(*texture).image, pool, kind_of(slot));
    }
  }
  return mips;
}

std::vector<RasterMesh> raster_meshes(const Asset& asset, const AssetMips* mips) {
  return raster_meshes(asset.meshes, asset, mips);
}

std::vector<RasterMesh> raster_meshes(std::span<const MeshPart> meshes, const Asset& asset, const AssetMips* mips) {
  std::vector<RasterMesh> result;
  for (const MeshPart& part : meshes) result.push_back({&part.mesh, raster_material(asset, part, mips)});
  return result;
}

RasterResult render_on_cpu(const Asset& asset, const Camera& camera, const RasterOptions& options, ThreadPool& pool) {
  const AssetMips mips = make_asset_mips(asset, pool);
  return rasterize(raster_meshes(asset, &mips), camera, options, pool);
}

}  // namespace diorama
