#include "engine/gpu/gpu_image.h"

#include "engine/gpu/vulkan_result.h"

#include <algorithm>
#include <bit>

namespace diorama {
namespace {

OwnedImageView make_view(GpuDevice& device, VkImage image, const GpuImageOptions& options, VkFormat format) {
  VkImageViewCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
  info.image = image;
  info.viewType = VK_IMAGE_VIEW_TYPE_2D;
  info.format = format;
  info.subresourceRange = {options.aspect, 0, options.levels, 0, 1};
  VkImageView view = VK_NULL_HANDLE;
  check_vk(vkCreateImageView(device.handle(), &info, nullptr, &view), "vkCreateImageView");
  return {device.handle(), view};
}

}  // namespace

GpuImage::GpuImage(GpuDevice& device, const GpuImageOptions& options, std::string_view name) : options_(options) {
  const int most = static_cast<int>(std::min(device.limits().maxImageDimension2D, 1u << 30));
  if (!(options.size_px.x > 0 && options.size_px.y > 0 && options.size_px.x <= most && options.size_px.y <= most)) {
    fail(ErrorCode::kUnsupported, "an image of {}x{} ({}) is asked for, {} allows 1x1 to {}x{}: use a smaller size",
         options.size_px.x, options.size_px.y, name, device.info().name, most, most);
  }
  VkImageCreateInfo info{VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = options.format;
  info.extent = {static_cast<uint32_t>(options.size_px.x), static_cast<uint32_t>(options.size_px.y), 1};
  info.mipLevels = options.levels;
  info.arrayLayers = 1;
  info.samples = options.samples;
  info.usage = options.usage;
  if (options.second_format != VK_FORMAT_UNDEFINED) info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
  VkImage image = VK_NULL_HANDLE;
  check_vk(vkCreateImage(device.handle(), &info, nullptr, &image), "vkCreateImage");
  image_ = {device.handle(), image};
  device.set_name(image, VK_OBJECT_TYPE_IMAGE, name);
  VkMemoryRequirements requirements{};
  vkGetImageMemoryRequirements(device.handle(), image, &requirements);
  const bool transient = (options.usage & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT) != 0;
  allocation_ = device.memory().allocate(requirements, transient ? MemoryUse::kTransient : MemoryUse::kDevice, true);
  check_vk(vkBindImageMemory(device.handle(), image, allocation_.memory(), allocation_.offset()), "vkBindImageMemory");

  constexpr VkImageUsageFlags kOnlyCopied = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  if ((options.usage & ~kOnlyCopied) == 0) return;
  view_ = make_view(device, image, options, options.format);
  if (options.second_format != VK_FORMAT_UNDEFINED) {
    second_view_ = make_view(device, image, options, options.second_format);
  }
}

glm::ivec2 GpuImage::level_size_px(uint32_t level) const {
  return glm::max(glm::ivec2(options_.size_px.x >> level, options_.size_px.y >> level), glm::ivec2(1));
}

uint32_t full_level_count(glm::ivec2 size_px) {
  return static_cast<uint32_t>(std::bit_width(static_cast<uint32_t>(std::max(size_px.x, size_px.y))));
}

OwnedSampler make_sampler(GpuDevice& device, const SamplerOptions& options) {
  VkSamplerCreateInfo info{VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
  info.magFilter = info.minFilter = options.filter;
  info.mipmapMode = options.mipmap;
  info.addressModeU = options.address_u;
  info.addressModeV = options.address_v;
  info.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE;
  info.maxLod = VK_LOD_CLAMP_NONE;
  VkSampler sampler = VK_NULL_HANDLE;
  check_vk(vkCreateSampler(device.handle(), &info, nullptr, &sampler), "vkCreateSampler");
  return {device.handle(), sampler};
}

}  // namespace diorama
