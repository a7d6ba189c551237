#include "renderers/mesh/mesh_materials.h"

#include "renderers/mesh/mesh_shared.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr VkFormat kColor = VK_FORMAT_R8G8B8A8_SRGB, kData = VK_FORMAT_R8G8B8A8_UNORM;

GpuImage upload(GpuDevice& device, const ImageRgba8& image, VkFormat format, std::string_view name,
                UploadRing& uploads) {
  GpuImageOptions options;
  options.format = format;
  options.size_px = image.size_px();
  options.levels = full_level_count(image.size_px());
  options.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  GpuImage result(device, options, name);
  uploads.to_image(result, std::as_bytes(image.pixels()));
  return result;
}

// Pictures larger than the device allows are shrunk to what it does.
ImageRgba8 fitted(const ImageRgba8& image, uint32_t most) {
  const glm::ivec2 size = image.size_px();
  const float scale = static_cast<float>(most) / static_cast<float>(std::max(size.x, size.y));
  if (scale >= 1.0f) return image;
  return shrink_by_area(image, glm::clamp(glm::ivec2(glm::vec2(size) * scale), glm::ivec2(1),
                                          glm::min(size, glm::ivec2(static_cast<int>(most)))));
}

MeshMaterialConstants constants_of(const Material& m) {
  MeshMaterialConstants constants{};
  constants.base_color = m.base_color_linear;
  constants.emissive = m.emissive_linear;
  constants.alpha_cutoff = m.alpha_mode == AlphaMode::kMask ? m.alpha_cutoff : 0.0f;
  constants.metallic = m.metallic;
  constants.roughness = m.roughness;
  constants.normal_scale = m.normal_scale;
  constants.occlusion_strength = m.occlusion_strength;
  constants.tint = m.volume_tint();
  constants.transmission = m.transmission;
  constants.dielectric_reflectance = m.dielectric_reflectance();
  constants.iridescence = m.iridescence;
  constants.film_ior = m.film_ior;
  constants.film_thickness_nm = m.film_thickness_nm;
  for (size_t slot = 0; slot < kTextureSlots; ++slot) {
    const TextureUv& uv = m.uv[slot];
    constants.uv_matrix[slot] = glm::vec4(uv.transform[0], uv.transform[1]);
    constants.uv_offset[slot] = glm::vec4(uv.transform[2], static_cast<float>(uv.set), 0.0f);
  }
  return constants;
}

}  // namespace

MeshMaterials::MeshMaterials(GpuDevice& device, const Asset& asset, UploadRing& uploads)
    : device_(&device), materials_(asset.materials) {
  materials_.emplace_back();
  for (const Texture& texture : asset.textures) {
    wraps_.push_back({texture.repeat_u, texture.repeat_v, texture.mirror_u, texture.mirror_v, texture.nearest});
  }
  for (const Material& material : materials_) {
    add_texture(asset, material.base_color_texture, kColor, uploads);
    if (material.unlit) continue;
    add_texture(asset, material.emissive_texture, kColor, uploads);
    add_texture(asset, material.metallic_roughness_texture, kData, uploads);
    add_texture(asset, material.normal_texture, kData, uploads);
    add_texture(asset, material.occlusion_texture, kData, uploads);
  }
  white_ = upload(device, ImageRgba8({1, 1}, glm::u8vec4(255)), kData, "white", uploads);
  flat_ = upload(device, ImageRgba8({1, 1}, glm::u8vec4(128, 128, 255, 255)), kData, "flat normal", uploads);
  add_constants(uploads);
}

void MeshMaterials::add_texture(const Asset& asset, std::optional<size_t> texture, VkFormat format,
                                UploadRing& uploads) {
  if (!texture || textures_.contains({*texture, format})) return;
  const Texture& source = asset.textures[*texture];
  if (source.image.empty()) fail(ErrorCode::kInvalidInput, "texture {} ('{}') is empty", *texture, source.name);
  const ImageRgba8 image = fitted(source.image, device_->limits().maxImageDimension2D);
  textures_.emplace(std::pair(*texture, format), upload(*device_, image, format, source.name, uploads));
}

void MeshMaterials::add_constants(UploadRing& uploads) {
  const VkDeviceSize align = device_->limits().minUniformBufferOffsetAlignment;
  constants_stride_ = (sizeof(MeshMaterialConstants) + align - 1) / align * align;
  // std140 rounds the block up to 16 bytes.
  constants_stride_ = std::max<VkDeviceSize>(constants_stride_, (sizeof(MeshMaterialConstants) + 15) / 16 * 16);
  std::vector<std::byte> bytes(constants_stride_ * materials_.size());
  for (size_t i = 0; i < materials_.size(); ++i) {
    const MeshMaterialConstants constants = constants_of(materials_[i]);
    std::memcpy(bytes.data() + i * constants_stride_, &constants, sizeof constants);
  }
  constants_ = Buffer(*device_, bytes.size(), VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                      MemoryUse::kDevice, "mesh materials");
  uploads.to_buffer(constants_, 0, bytes);
}

MeshMaterials::Bound MeshMaterials::bound(std::optional<size_t> texture, VkFormat format, const GpuImage& absent) {
  const Wrap wrap = texture ? wraps_[*texture] : Wrap{};
  auto sampler = samplers_.find(wrap);
  if (sampler == samplers_.end()) {
    SamplerOptions options;
    options.filter = wrap.nearest ? VK_FILTER_NEAREST : VK_FILTER_LINEAR;
    const auto mode = [](bool repeat, bool mirror) {
      return !repeat  ? VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE
             : mirror ? VK_SAMPLER_ADDRESS_MODE_MIRRORED_REPEAT
                      : VK_SAMPLER_ADDRESS_MODE_REPEAT;
    };
    options.address_u = mode(wrap.repeat_u, wrap.mirror_u);
    options.address_v = mode(wrap.repeat_v, wrap.mirror_v);
    sampler = samplers_.emplace(wrap, make_sampler(*device_, options)).first;
  }
  const GpuImage& image = texture ? textures_.at({*texture, format}) : absent;
  return {image.view(), sampler->second.get()};
}

VkDescriptorSet MeshMaterials::make_set(size_t index, const Pipeline& pipeline, DescriptorSets& sets) {
  const Material& m = materials_[index];
  const VkDescriptorSet set = sets.allocate(pipeline, 1);
  sets.write_buffer(set, pipeline, 1, 0, constants_, index * constants_stride_, constants_stride_);
  for (const SpirvBinding& binding : pipeline.bindings) {
    if (binding.set != 1 || binding.binding == 0) continue;
    Bound texture{};
    switch (binding.binding) {
      case 1:
        texture = bound(m.base_color_texture, kColor, white_);
        break;
      case 2:
        texture = bound(m.metallic_roughness_texture, kData, white_);
        break;
      case 3:
        texture = bound(m.normal_texture, kData, flat_);
        break;
      case 4:
        texture = bound(m.occlusion_texture, kData, white_);
        break;
      default:
        texture = bound(m.emissive_texture, kColor, white_);
        break;
    }
    sets.write_image(set, pipeline, 1, binding.binding, texture.view, texture.sampler,
                     VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  }
  return set;
}

}  // namespace diorama
