#pragma once

#include "engine/gpu/gpu_device.h"

#include <glm/glm.hpp>

#include <string_view>

namespace diorama {

using OwnedImage = Owned<VkImage, vkDestroyImage>;

struct GpuImageOptions {
  VkFormat format = VK_FORMAT_R8G8B8A8_SRGB;
  glm::ivec2 size_px{0};
  uint32_t levels = 1;
  VkSampleCountFlagBits samples = VK_SAMPLE_COUNT_1_BIT;
  VkImageUsageFlags usage = 0;
  VkImageAspectFlags aspect = VK_IMAGE_ASPECT_COLOR_BIT;
  VkFormat second_format = VK_FORMAT_UNDEFINED;  // another view's, compatible with `format`
};

// A tiled 2D image with its memory and one view of all levels. Move-only.
class GpuImage {
 public:
  GpuImage() = default;
  // Error kUnsupported when the device's limits do not allow the size.
  GpuImage(GpuDevice& device, const GpuImageOptions& options, std::string_view name);

  VkImage handle() const { return image_.get(); }
  VkImageView view() const { return view_.get(); }
  VkImageView second_view() const { return second_view_.get(); }  // null without a second format
  const GpuImageOptions& options() const { return options_; }
  glm::ivec2 level_size_px(uint32_t level) const;

 private:
  GpuImageOptions options_;
  Allocation allocation_;  // outlives the handles
  OwnedImage image_;
  OwnedImageView view_, second_view_;
};

// Levels down to 1x1.
uint32_t full_level_count(glm::ivec2 size_px);

struct SamplerOptions {
  VkFilter filter = VK_FILTER_LINEAR;
  VkSamplerMipmapMode mipmap = VK_SAMPLER_MIPMAP_MODE_LINEAR;
  VkSamplerAddressMode address_u = VK_SAMPLER_ADDRESS_MODE_REPEAT, address_v = VK_SAMPLER_ADDRESS_MODE_REPEAT;
};
OwnedSampler make_sampler(GpuDevice& device, const SamplerOptions& options);

}  // namespace diorama
