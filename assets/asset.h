#pragma once

#include "engine/scene/image.h"
#include "engine/scene/mesh.h"
#include "engine/scene/rigid.h"
#include "engine/scene/splat_cloud.h"

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

struct Texture {
  std::string name;
  ImageRgba8 image;
  bool repeat_u = true, repeat_v = true;
  bool nearest = false;
  bool mirror_u = false, mirror_v = false;  // where it repeats: every second copy is mirrored
};

enum class AlphaMode { kOpaque, kMask, kBlend };

// How a texture reads a mesh's coordinates: (u, v) = transform * (uvs of the set, 1), as KHR_texture_transform has it.
struct TextureUv {
  int set = 0;  // 0: Mesh::uvs, 1: Mesh::second_uvs
  glm::mat3x2 transform{1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f};
  bool operator==(const TextureUv&) const = default;
};

// The textures of a material, in the order of Material::uv.
enum class TextureSlot { kBaseColor, kMetallicRoughness, kNormal, kOcclusion, kEmissive };
inline constexpr size_t kTextureSlots = 5;

// glTF metallic-roughness material; texture fields are indices into Asset::textures.
struct Material {
  std::string name;
  glm::vec4 base_color_linear{1.0f};
  std::optional<size_t> base_color_texture;
  float metallic = 1.0f, roughness = 1.0f;
  std::optional<size_t> metallic_roughness_texture, normal_texture, occlusion_texture, emissive_texture;
  glm::vec3 emissive_linear{0.0f};
  AlphaMode alpha_mode = AlphaMode::kOpaque;
  float alpha_cutoff = 0.5f;
  bool double_sided = false;
  bool unlit = false;  // KHR_materials_unlit

  std::array<TextureUv, kTextureSlots> uv;
  float normal_scale = 1.0f, occlusion_strength = 1.0f;
  float ior = 1.5f;                                                       // KHR_materials_ior
  float transmission = 0.0f;                                              // KHR_materials_transmission
  float thickness_m = 0.0f;                                               // KHR_materials_volume; 0: a thin wall
  float attenuation_distance_m = std::numeric_limits<float>::infinity();  // in which light becomes
  glm::vec3 attenuation_color{1.0f};                                      // this
  float iridescence = 0.0f, film_ior = 1.3f, film_thickness_nm = 400.0f;  // KHR_materials_iridescence

  std::optional<size_t> texture(TextureSlot slot) const;
  float dielectric_reflectance() const;  // of the surface head-on, where it is no metal
  glm::vec3 volume_tint() const;         // share of the light that passes the volume
  // Light from behind comes through: drawn after the opaque surfaces, over them.
  bool transmits() const { return !unlit && transmission > 0; }
  bool is_see_through() const { return alpha_mode == AlphaMode::kBlend || transmits(); }
};

// One mesh with one material, in the asset's frame.
struct MeshPart {
  std::string name;
  Mesh mesh;
  std::optional<size_t> material;  // index into Asset::materials
};

// How and from what an asset was made: asset.extras.diorama. Strings hold JSON objects where so named; readers return
// them without blanks and with sorted keys.
struct AssetRecord {
  std::string tool_version;
  std::string representation;  // "mesh", "splats", "splat-video"
  std::string capture_name;
  std::string options_json;      // of the fit; empty, as the two below, is written as {}
  std::string held_out_json;     // mean held-out scores of the fit, {} when not scored
  std::string calibration_json;  // colour camera and corrections that the fit used, {} when as shipped
  bool antialiased = false;      // splats were fitted with the anti-aliasing compensation of their opacity
  std::string splat_groups;      // of a splat video: name of the folder beside the file, that holds all its frames
  Rigid asset_from_capture;      // the root node's motion: poses of the capture lead into the asset through it
};

// One cloud of splats, in the asset's frame (SH too).
struct SplatPart {
  std::string name;
  SplatCloud cloud;
};

// A scene at time 0 as it is drawn: all nodes, skins and morph targets are applied. Metres, right-handed, +Y up.
struct Asset {
  std::vector<MeshPart> meshes;
  std::vector<SplatPart> splats;
  std::vector<Material> materials;
  std::vector<Texture> textures;
  std::optional<AssetRecord> record;  // absent in files that Diorama did not write
  std::string splat_video_json;    // the extension DIORAMA_splat_video, a JSON object; streaming/ knows what is in it
  std::vector<std::string> notes;  // of a reader: what the file holds beyond this, a sentence each; never written
};

Bounds bounds_of(const Asset& asset);

size_t splat_count(const Asset& asset);  // of all clouds

// All clouds as one, part after part; those of a lower SH degree than the highest get coefficients of 0.
SplatCloud merged_splats(const Asset& asset);

}  // namespace diorama
