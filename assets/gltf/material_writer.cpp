#include "assets/gltf/material_writer.h"

#include "assets/gltf/format.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

GltfWrap wrap_of(bool repeat, bool mirror) {
  return !repeat ? kGltfClamp : mirror ? kGltfMirror : kGltfRepeat;
}

void check_material(const Material& material) {
  const auto check = [&](bool ok, const char* what, const char* range) {
    if (!ok) fail(ErrorCode::kInvalidInput, "the material \"{}\" has a {} outside {}", material.name, what, range);
  };
  const auto in_unit = [](float v) { return v >= 0 && v <= 1; };
  const auto not_negative = [](float v) { return v >= 0 && std::isfinite(v); };
  const glm::vec4 base = material.base_color_linear;
  check(in_unit(base.r) && in_unit(base.g) && in_unit(base.b) && in_unit(base.a), "base colour", "0..1");
  check(in_unit(material.metallic), "metallic factor", "0..1");
  check(in_unit(material.roughness), "roughness factor", "0..1");
  check(material.alpha_cutoff >= 0, "alpha cutoff", "0 and more");
  for (int i = 0; i < 3; ++i) {
    check(not_negative(material.emissive_linear[i]), "emission", "0 and more");
    check(in_unit(material.attenuation_color[i]), "attenuation colour", "0..1");
  }
  check(std::isfinite(material.normal_scale), "normal scale", "what is finite");
  check(in_unit(material.occlusion_strength), "occlusion strength", "0..1");
  check(material.ior == 0 || (material.ior >= 1 && std::isfinite(material.ior)), "refractive index", "0, 1 and more");
  check(in_unit(material.transmission), "transmission factor", "0..1");
  check(not_negative(material.thickness_m), "thickness", "0 and more");
  check(material.attenuation_distance_m > 0, "attenuation distance", "what is more than 0");
  check(in_unit(material.iridescence), "iridescence factor", "0..1");
  check(material.film_ior >= 1 && std::isfinite(material.film_ior), "film's refractive index", "1 and more");
  check(not_negative(material.film_thickness_nm), "film thickness", "0 and more");
}

// KHR_texture_transform has no shear: the transform of one that was read is taken apart again.
Json transform_json(const glm::mat3x2& transform) {
  const glm::vec2 u = transform[0], v = transform[1];
  const float angle = std::atan2(-u.y, u.x);
  const glm::vec2 along(std::cos(angle), -std::sin(angle)), across(std::sin(angle), std::cos(angle));
  return {{"offset", {transform[2].x, transform[2].y}},
          {"rotation", angle},
          {"scale", {glm::dot(u, along), glm::dot(v, across)}}};
}

Json texture_info(const Material& material, TextureSlot slot, const Asset& asset) {
  const size_t texture = material.texture(slot).value();
  DIO_CHECK(texture < asset.textures.size());
  Json info = {{"index", texture}};
  const TextureUv& uv = material.uv[static_cast<size_t>(slot)];
  if (uv.set != 0) info["texCoord"] = uv.set;
  if (uv.transform != TextureUv{}.transform) {
    info["extensions"]["KHR_texture_transform"] = transform_json(uv.transform);
  }
  return info;
}

Json metallic_roughness_json(const Material& material, const Asset& asset) {
  Json json = Json::object();
  const glm::vec4 base = material.base_color_linear;
  if (base != glm::vec4(1.0f)) json["baseColorFactor"] = {base.r, base.g, base.b, base.a};
  if (material.base_color_texture) json["baseColorTexture"] = texture_info(material, TextureSlot::kBaseColor, asset);
  if (material.metallic != 1.0f) json["metallicFactor"] = material.metallic;
  if (material.roughness != 1.0f) json["roughnessFactor"] = material.roughness;
  if (material.metallic_roughness_texture) {
    json["metallicRoughnessTexture"] = texture_info(material, TextureSlot::kMetallicRoughness, asset);
  }
  return json;
}

void add_textures(const Material& material, const Asset& asset, Json& json) {
  if (material.normal_texture) {
    json["normalTexture"] = texture_info(material, TextureSlot::kNormal, asset);
    if (material.normal_scale != 1.0f) json["normalTexture"]["scale"] = material.normal_scale;
  }
  if (material.occlusion_texture) {
    json["occlusionTexture"] = texture_info(material, TextureSlot::kOcclusion, asset);
    if (material.occlusion_strength != 1.0f) json["occlusionTexture"]["strength"] = material.occlusion_strength;
  }
  if (material.emissive_texture) json["emissiveTexture"] = texture_info(material, TextureSlot::kEmissive, asset);
}

Json volume_json(const Material& material) {
  const glm::vec3 color = material.attenuation_color;
  Json json = {{"thicknessFactor", material.thickness_m}, {"attenuationColor", {color.r, color.g, color.b}}};
  if (std::isfinite(material.attenuation_distance_m)) json["attenuationDistance"] = material.attenuation_distance_m;
  return json;
}

float emission_strength(const Material& material) {  // factors end at 1
  const glm::vec3 emissive = material.emissive_linear;
  return std::max({emissive.r, emissive.g, emissive.b, 1.0f});
}

Json extensions_json(const Material& material) {
  Json json = Json::object();
  if (material.unlit) json["KHR_materials_unlit"] = Json::object();
  const float strength = emission_strength(material);
  if (strength > 1.0f) json["KHR_materials_emissive_strength"] = {{"emissiveStrength", strength}};
  if (material.ior != Material{}.ior) json["KHR_materials_ior"] = {{"ior", material.ior}};
  if (material.transmission > 0) {
    json["KHR_materials_transmission"] = {{"transmissionFactor", material.transmission}};
    if (material.thickness_m > 0) json["KHR_materials_volume"] = volume_json(material);
  }
  if (material.iridescence > 0) {
    json["KHR_materials_iridescence"] = {{"iridescenceFactor", material.iridescence},
                                         {"iridescenceIor", material.film_ior},
                                         {"iridescenceThicknessMaximum", material.film_thickness_nm}};
  }
  return json;
}

}  // namespace

void add_gltf_texture(GlbBuilder& builder, const Texture& texture) {
  if (texture.image.empty()) fail(ErrorCode::kInvalidInput, "the texture \"{}\" has no pixels", texture.name);
  Json image = {{"bufferView", builder.add_view(encode_png(texture.image), std::nullopt)}, {"mimeType", "image/png"}};
  if (!texture.name.empty()) image["name"] = texture.name;
  const size_t source = builder.append("images", std::move(image));
  const size_t sampler =
      builder.append("samplers", {{"magFilter", texture.nearest ? kGltfNearest : kGltfLinear},
                                  {"minFilter", texture.nearest ? kGltfNearest : kGltfLinearMipmapLinear},
                                  {"wrapS", wrap_of(texture.repeat_u, texture.mirror_u)},
                                  {"wrapT", wrap_of(texture.repeat_v, texture.mirror_v)}});
  builder.append("textures", {{"sampler", sampler}, {"source", source}});
}

Json gltf_material_json(const Material& material, const Asset& asset) {
  check_material(material);
  Json json = Json::object();
  if (!material.name.empty()) json["name"] = material.name;
  Json metallic_roughness = metallic_roughness_json(material, asset);
  if (!metallic_roughness.empty()) json["pbrMetallicRoughness"] = std::move(metallic_roughness);
  add_textures(material, asset, json);
  if (material.emissive_linear != glm::vec3(0.0f)) {
    const glm::vec3 factor = material.emissive_linear / emission_strength(material);
    json["emissiveFactor"] = {factor.r, factor.g, factor.b};
  }
  if (material.alpha_mode != AlphaMode::kOpaque) {
    json["alphaMode"] = material.alpha_mode == AlphaMode::kMask ? "MASK" : "BLEND";
  }
  if (material.alpha_mode == AlphaMode::kMask) json["alphaCutoff"] = material.alpha_cutoff;
  if (material.double_sided) json["doubleSided"] = true;
  Json extensions = extensions_json(material);
  if (!extensions.empty()) json["extensions"] = std::move(extensions);
  return json;
}

std::vector<std::string> gltf_material_extensions(const Asset& asset) {
  std::set<std::string> used;
  for (const Material& material : asset.materials) {
    const Json extensions = extensions_json(material);
    for (const auto& extension : extensions.items()) used.insert(extension.key());
    for (size_t slot = 0; slot < kTextureSlots; ++slot) {
      const bool moved = material.uv[slot].transform != TextureUv{}.transform;
      if (moved && material.texture(static_cast<TextureSlot>(slot))) used.insert("KHR_texture_transform");
    }
  }
  return {used.begin(), used.end()};
}

}  // namespace diorama
