#include "assets/gltf/materials.h"

#include "assets/gltf/format.h"
#include "assets/gltf/material_extensions.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace diorama {
namespace {

constexpr uint64_t kMaxTexturePixels = uint64_t{1} << 28;  // of all textures: 1 GiB
constexpr double kMaxNormalScale = 1e3;                    // all but flat from there on

class MaterialReader {
 public:
  MaterialReader(const GltfDocument& document, Asset& asset)
      : document_(document),
        asset_(asset),
        textures_(document.root().elements("textures")),
        images_(document.root().elements("images")),
        samplers_(document.root().elements("samplers")) {}

  GltfVertexUse read(const JsonNode& json);

 private:
  void read_textures(const JsonNode& json, Material& material);
  std::optional<size_t> texture(const JsonNode& owner, const char* key, TextureUv& uv);
  size_t decoded(size_t index);
  Texture decode(const JsonNode& json);
  std::span<const std::byte> image_bytes(const JsonNode& image);
  void set_sampling(const JsonNode& sampler, Texture& texture);
  int uv_set(const JsonNode& info, uint64_t set);

  const GltfDocument& document_;
  Asset& asset_;
  std::vector<JsonNode> textures_, images_, samplers_;
  std::map<size_t, size_t> decoded_;  // glTF's texture to the asset's
  uint64_t pixels_left_ = kMaxTexturePixels;
  std::vector<uint64_t> uv_sets_;  // of the material in work
};

template <size_t Count>
std::array<double, Count> numbers(const JsonNode& json, const char* key, std::array<double, Count> absent) {
  if (const auto member = json.find(key)) member->numbers(absent);
  return absent;
}

glm::mat3x2 uv_transform(const JsonNode& json) {
  const auto offset = numbers<2>(json, "offset", {0, 0});
  const auto scale = numbers<2>(json, "scale", {1, 1});
  const double angle = json.number("rotation", 0), c = std::cos(angle), s = std::sin(angle);
  // KHR_texture_transform: translation * rotation * scale, rotation counter-clockwise in (u, v) with v down.
  return glm::mat3x2(glm::dmat3x2(c * scale[0], -s * scale[0], s * scale[1], c * scale[1], offset[0], offset[1]));
}

// Which of the mesh's sets the file's is.
int MaterialReader::uv_set(const JsonNode& info, uint64_t set) {
  const auto found = std::find(uv_sets_.begin(), uv_sets_.end(), set);
  if (found != uv_sets_.end()) return static_cast<int>(found - uv_sets_.begin());
  if (uv_sets_.size() < 2) {
    uv_sets_.push_back(set);
    return static_cast<int>(uv_sets_.size()) - 1;
  }
  asset_.notes.push_back(fmt::format(
      "{} wants a third set of texture coordinates; those of the material's first texture are used", info.where()));
  return 0;
}

std::optional<size_t> MaterialReader::texture(const JsonNode& owner, const char* key, TextureUv& uv) {
  const auto info = owner.find(key);
  if (!info) return std::nullopt;
  const size_t index = info->at("index").index(textures_.size(), "textures");
  const auto transform = gltf_extension(*info, "KHR_texture_transform");
  const uint64_t plain_set = info->whole_number("texCoord", 0);
  uv.set = uv_set(*info, transform ? transform->whole_number("texCoord", plain_set) : plain_set);
  if (transform) uv.transform = uv_transform(*transform);
  return decoded(index);
}

size_t MaterialReader::decoded(size_t index) {
  const auto known = decoded_.find(index);
  if (known != decoded_.end()) return known->second;
  asset_.textures.push_back(with_context(textures_[index].where(), [&] { return decode(textures_[index]); }));
  return decoded_[index] = asset_.textures.size() - 1;
}

std::span<const std::byte> MaterialReader::image_bytes(const JsonNode& image) {
  if (const auto uri = image.find("uri")) return document_.fetch(*uri);
  const auto& views = document_.views();
  return views[image.at("bufferView").index(views.size(), "buffer views")].bytes;
}

void MaterialReader::set_sampling(const JsonNode& sampler, Texture& texture) {
  const auto repeats = [&](const char* key, bool& mirrors) {
    const uint64_t wrap = sampler.whole_number(key, kGltfRepeat);
    mirrors = wrap == kGltfMirror;
    return wrap != kGltfClamp;
  };
  texture.repeat_u = repeats("wrapS", texture.mirror_u);
  texture.repeat_v = repeats("wrapT", texture.mirror_v);
  texture.nearest = sampler.whole_number("magFilter", kGltfLinear) == kGltfNearest;
}

Texture MaterialReader::decode(const JsonNode& json) {
  Texture texture;
  const auto webp = gltf_extension(json, "EXT_texture_webp");
  const JsonNode& image = images_[(webp ? *webp : json).at("source").index(images_.size(), "images")];
  const auto sampler = json.index("sampler", samplers_.size(), "samplers");
  if (sampler) set_sampling(samplers_[*sampler], texture);
  texture.name = image.text("name", json.text("name", ""));
  const std::span<const std::byte> bytes = image_bytes(image);
  with_context(image.where(), [&] {
    const glm::ivec2 size = probe_image(bytes).size_px;
    const uint64_t pixels = static_cast<uint64_t>(size.x) * static_cast<uint64_t>(size.y);
    if (pixels > pixels_left_) {
      fail(ErrorCode::kInvalidInput, "the textures have more than {} pixels in all, which is the most that is read",
           kMaxTexturePixels);
    }
    pixels_left_ -= pixels;
    texture.image = decode_rgba8(bytes);
  });
  return texture;
}

AlphaMode alpha_mode_of(const JsonNode& json) {
  const std::string mode = json.text("alphaMode", "OPAQUE");
  if (mode == "OPAQUE") return AlphaMode::kOpaque;
  if (mode == "MASK") return AlphaMode::kMask;
  if (mode == "BLEND") return AlphaMode::kBlend;
  fail(ErrorCode::kInvalidInput, "{}.alphaMode is \"{}\", expected OPAQUE, MASK or BLEND", json.where(), mode);
}

void MaterialReader::read_textures(const JsonNode& json, Material& material) {
  const auto uv = [&](TextureSlot slot) -> TextureUv& { return material.uv[static_cast<size_t>(slot)]; };
  if (const auto metallic_roughness = json.find("pbrMetallicRoughness")) {
    material.base_color_texture = texture(*metallic_roughness, "baseColorTexture", uv(TextureSlot::kBaseColor));
    material.metallic_roughness_texture =
        texture(*metallic_roughness, "metallicRoughnessTexture", uv(TextureSlot::kMetallicRoughness));
  }
  material.normal_texture = texture(json, "normalTexture", uv(TextureSlot::kNormal));
  material.occlusion_texture = texture(json, "occlusionTexture", uv(TextureSlot::kOcclusion));
  material.emissive_texture = texture(json, "emissiveTexture", uv(TextureSlot::kEmissive));
  if (material.normal_texture) {
    const double scale = json.at("normalTexture").number("scale", 1);
    material.normal_scale = static_cast<float>(std::clamp(scale, -kMaxNormalScale, kMaxNormalScale));
  }
  if (material.occlusion_texture) {
    material.occlusion_strength = gltf_unit_number(json.at("occlusionTexture"), "strength", 1);
  }
}

GltfVertexUse MaterialReader::read(const JsonNode& json) {
  uv_sets_.clear();
  Material material;
  material.name = json.text("name", "");
  if (const auto metallic_roughness = json.find("pbrMetallicRoughness")) {
    const auto base = numbers<4>(*metallic_roughness, "baseColorFactor", {1, 1, 1, 1});
    material.base_color_linear = glm::clamp(glm::vec4(base[0], base[1], base[2], base[3]), 0.0f, 1.0f);
    material.metallic = gltf_unit_number(*metallic_roughness, "metallicFactor", 1);
    material.roughness = gltf_unit_number(*metallic_roughness, "roughnessFactor", 1);
  }
  read_textures(json, material);
  const auto emissive = numbers<3>(json, "emissiveFactor", {0, 0, 0});
  material.emissive_linear = glm::max(glm::vec3(emissive[0], emissive[1], emissive[2]), 0.0f);
  material.alpha_mode = alpha_mode_of(json);
  material.alpha_cutoff = static_cast<float>(std::clamp(json.number("alphaCutoff", 0.5), 0.0, 2.0));
  material.double_sided = json.boolean("doubleSided", false);
  read_material_extensions(json, material, asset_.notes);
  GltfVertexUse use{uv_sets_, std::nullopt};
  if (uv_sets_.empty()) use.uv_sets = {0};
  if (material.normal_texture && !material.unlit) {
    use.tangents_for = material.uv[static_cast<size_t>(TextureSlot::kNormal)];
  }
  asset_.materials.push_back(std::move(material));
  return use;
}

}  // namespace

std::vector<GltfVertexUse> read_materials(const GltfDocument& document, Asset& asset) {
  MaterialReader reader(document, asset);
  std::vector<GltfVertexUse> uses;
  for (const JsonNode& json : document.root().elements("materials")) uses.push_back(reader.read(json));
  return uses;
}

}  // namespace diorama
