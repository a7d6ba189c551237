#include "assets/gltf/materials.h"

#include "assets/gltf/format.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace diorama {
namespace {

constexpr uint64_t kMaxTexturePixels = uint64_t{1} << 28;  // of all textures: 1 GiB

class MaterialReader {
 public:
  MaterialReader(const GltfDocument& document, Asset& asset)
      : document_(document),
        asset_(asset),
        textures_(document.root().elements("textures")),
        images_(document.root().elements("images")),
        samplers_(document.root().elements("samplers")) {}

  GltfUvUse read(const JsonNode& json);

 private:
  std::optional<size_t> texture(const JsonNode& owner, const char* key);
  size_t decoded(size_t index);
  Texture decode(const JsonNode& json);
  std::span<const std::byte> image_bytes(const JsonNode& image);
  void set_sampling(const JsonNode& sampler, Texture& texture);
  void note_uv_use(const JsonNode& info);

  const GltfDocument& document_;
  Asset& asset_;
  std::vector<JsonNode> textures_, images_, samplers_;
  std::map<size_t, size_t> decoded_;  // glTF's texture to the asset's
  uint64_t pixels_left_ = kMaxTexturePixels;
  std::optional<GltfUvUse> uv_use_;  // of the material in work; its first texture decides
};

template <size_t Count>
std::array<double, Count> numbers(const JsonNode& json, const char* key, std::array<double, Count> absent) {
  if (const auto member = json.find(key)) member->numbers(absent);
  return absent;
}

float unit_number(const JsonNode& json, const char* key, double absent) {
  const double value = json.number(key, absent);
  if (!(value >= 0 && value <= 1))
    fail(ErrorCode::kInvalidInput, "{}.{} is {}, expected 0 to 1", json.where(), key, value);
  return static_cast<float>(value);
}

std::optional<JsonNode> extension(const JsonNode& json, const char* name) {
  const auto extensions = json.find("extensions");
  return extensions ? extensions->find(name) : std::nullopt;
}

GltfUvUse uv_use_of(const JsonNode& info) {
  GltfUvUse use;
  use.set = info.whole_number("texCoord", 0);
  const auto transform = extension(info, "KHR_texture_transform");
  if (!transform) return use;
  use.set = transform->whole_number("texCoord", use.set);
  const auto offset = numbers<2>(*transform, "offset", {0, 0});
  const auto scale = numbers<2>(*transform, "scale", {1, 1});
  const double angle = transform->number("rotation", 0), c = std::cos(angle), s = std::sin(angle);
  // KHR_texture_transform: translation * rotation * scale, rotation counter-clockwise in (u, v) with v down.
  use.transform =
      glm::mat3x2(glm::dmat3x2(c * scale[0], -s * scale[0], s * scale[1], c * scale[1], offset[0], offset[1]));
  return use;
}

// The first texture of a material says how its coordinates are read; a mesh has one set.
void MaterialReader::note_uv_use(const JsonNode& info) {
  const GltfUvUse use = uv_use_of(info);
  if (!uv_use_) uv_use_ = use;
  if (*uv_use_ == use) return;
  asset_.notes.push_back(fmt::format(
      "{} has texture coordinates of its own; those of the material's first texture are used", info.where()));
}

std::optional<size_t> MaterialReader::texture(const JsonNode& owner, const char* key) {
  const auto info = owner.find(key);
  if (!info) return std::nullopt;
  const size_t index = info->at("index").index(textures_.size(), "textures");
  note_uv_use(*info);
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
  const auto repeats = [&](const char* key) {
    const uint64_t wrap = sampler.whole_number(key, kGltfRepeat);
    if (wrap == kGltfMirror) {
      asset_.notes.push_back(fmt::format("{}.{} mirrors; the texture is repeated instead", sampler.where(), key));
    }
    return wrap != kGltfClamp;
  };
  texture.repeat_u = repeats("wrapS");
  texture.repeat_v = repeats("wrapT");
  texture.nearest = sampler.whole_number("magFilter", kGltfLinear) == kGltfNearest;
}

Texture MaterialReader::decode(const JsonNode& json) {
  Texture texture;
  const auto webp = extension(json, "EXT_texture_webp");
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

GltfUvUse MaterialReader::read(const JsonNode& json) {
  uv_use_.reset();
  Material material;
  material.name = json.text("name", "");
  if (const auto metallic_roughness = json.find("pbrMetallicRoughness")) {
    const auto base = numbers<4>(*metallic_roughness, "baseColorFactor", {1, 1, 1, 1});
    material.base_color_linear = glm::clamp(glm::vec4(base[0], base[1], base[2], base[3]), 0.0f, 1.0f);
    material.base_color_texture = texture(*metallic_roughness, "baseColorTexture");
    material.metallic = unit_number(*metallic_roughness, "metallicFactor", 1);
    material.roughness = unit_number(*metallic_roughness, "roughnessFactor", 1);
    material.metallic_roughness_texture = texture(*metallic_roughness, "metallicRoughnessTexture");
  }
  material.normal_texture = texture(json, "normalTexture");
  material.occlusion_texture = texture(json, "occlusionTexture");
  material.emissive_texture = texture(json, "emissiveTexture");
  const auto emissive = numbers<3>(json, "emissiveFactor", {0, 0, 0});
  material.emissive_linear = glm::max(glm::vec3(emissive[0], emissive[1], emissive[2]), 0.0f);
  if (const auto strength = extension(json, "KHR_materials_emissive_strength")) {
    material.emissive_linear *= static_cast<float>(std::clamp(strength->number("emissiveStrength", 1), 0.0, 1e6));
  }
  material.alpha_mode = alpha_mode_of(json);
  material.alpha_cutoff = static_cast<float>(std::clamp(json.number("alphaCutoff", 0.5), 0.0, 2.0));
  material.double_sided = json.boolean("doubleSided", false);
  material.unlit = extension(json, "KHR_materials_unlit").has_value();
  asset_.materials.push_back(std::move(material));
  return uv_use_.value_or(GltfUvUse{});
}

}  // namespace

std::vector<GltfUvUse> read_materials(const GltfDocument& document, Asset& asset) {
  MaterialReader reader(document, asset);
  std::vector<GltfUvUse> uses;
  for (const JsonNode& json : document.root().elements("materials")) uses.push_back(reader.read(json));
  return uses;
}

}  // namespace diorama
