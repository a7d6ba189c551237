#pragma once

#include <vulkan/vulkan.h>

#include <utility>

namespace diorama {

// A Vulkan handle that is destroyed with its owner. Move-only.
template <class Handle, auto Destroy>
class Owned {
 public:
  Owned() = default;
  Owned(VkDevice device, Handle handle) : device_(device), handle_(handle) {}
  ~Owned() {
    if (handle_ != VK_NULL_HANDLE) Destroy(device_, handle_, nullptr);
  }
  Owned(Owned&& other) noexcept : device_(other.device_), handle_(std::exchange(other.handle_, VK_NULL_HANDLE)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    return *this;
  }

  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != VK_NULL_HANDLE; }

 private:
  VkDevice device_ = VK_NULL_HANDLE;
  Handle handle_ = VK_NULL_HANDLE;
};

using OwnedSampler = Owned<VkSampler, vkDestroySampler>;
using OwnedImageView = Owned<VkImageView, vkDestroyImageView>;
using OwnedFence = Owned<VkFence, vkDestroyFence>;
using OwnedCommandPool = Owned<VkCommandPool, vkDestroyCommandPool>;
using OwnedQueryPool = Owned<VkQueryPool, vkDestroyQueryPool>;
using OwnedDescriptorPool = Owned<VkDescriptorPool, vkDestroyDescriptorPool>;
using OwnedSetLayout = Owned<VkDescriptorSetLayout, vkDestroyDescriptorSetLayout>;
using OwnedPipelineLayout = Owned<VkPipelineLayout, vkDestroyPipelineLayout>;
using OwnedPipeline = Owned<VkPipeline, vkDestroyPipeline>;
using OwnedShaderModule = Owned<VkShaderModule, vkDestroyShaderModule>;
using OwnedPipelineCache = Owned<VkPipelineCache, vkDestroyPipelineCache>;
using OwnedRenderPass = Owned<VkRenderPass, vkDestroyRenderPass>;
using OwnedFramebuffer = Owned<VkFramebuffer, vkDestroyFramebuffer>;

}  // namespace diorama
