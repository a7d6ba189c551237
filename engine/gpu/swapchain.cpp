#include "engine/gpu/swapchain.h"

#include "engine/gpu/vulkan_result.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr uint32_t kWantedImages = 3;

VkSurfaceFormatKHR choose_format(VkPhysicalDevice device, VkSurfaceKHR surface) {
  uint32_t count = 0;
  check_vk(vkGetPhysicalDeviceSurfaceFormatsKHR(device, surface, &count, nullptr),
           "vkGetPhysicalDeviceSurfaceFormatsKHR");
  std::vector<VkSurfaceFormatKHR> formats(count);
  check_vk(vkGetPhysicalDeviceSurfaceFormatsKHR(device, surface, &count, formats.data()),
           "vkGetPhysicalDeviceSurfaceFormatsKHR");
  for (const VkFormat wanted : {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM}) {
    for (const VkSurfaceFormatKHR& format : formats) {
      if (format.format == wanted && format.colorSpace == VK_COLOR_SPACE_SRGB_NONLINEAR_KHR) return format;
    }
  }
  fail(ErrorCode::kUnsupported, "the window has no pictures of 8 bits in sRGB");
}

}  // namespace

OwnedSemaphore make_semaphore(GpuDevice& device) {
  const VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  check_vk(vkCreateSemaphore(device.handle(), &info, nullptr, &semaphore), "vkCreateSemaphore");
  return {device.handle(), semaphore};
}

Swapchain::Swapchain(GpuDevice& device, VkSurfaceKHR surface) : device_(&device), surface_(surface) {
  VkBool32 shows = VK_FALSE;
  check_vk(vkGetPhysicalDeviceSurfaceSupportKHR(device.physical(), device.queue_family(), surface, &shows),
           "vkGetPhysicalDeviceSurfaceSupportKHR");
  if (shows == VK_FALSE) {
    fail(ErrorCode::kUnsupported, "{} cannot show pictures in this window; choose another with --device",
         device.info().name);
  }
  format_ = choose_format(device.physical(), surface);
}

Swapchain::~Swapchain() {
  vkDeviceWaitIdle(device_->handle());
}

bool Swapchain::fit(glm::ivec2 size_px) {
  VkSurfaceCapabilitiesKHR can{};
  check_vk(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(device_->physical(), surface_, &can),
           "vkGetPhysicalDeviceSurfaceCapabilitiesKHR");
  if (can.currentExtent.width != UINT32_MAX) {
    size_px = glm::ivec2(can.currentExtent.width, can.currentExtent.height);
  } else {
    size_px = glm::clamp(size_px, glm::ivec2(can.minImageExtent.width, can.minImageExtent.height),
                         glm::ivec2(can.maxImageExtent.width, can.maxImageExtent.height));
  }
  if (size_px.x < 1 || size_px.y < 1) return false;
  if (!fits_ || size_px != size_px_) make(can, size_px);
  return true;
}

void Swapchain::make(const VkSurfaceCapabilitiesKHR& can, glm::ivec2 size_px) {
  device_->wait_idle();
  VkSwapchainCreateInfoKHR info{VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR};
  info.surface = surface_;
  info.minImageCount = std::max(kWantedImages, can.minImageCount);
  if (can.maxImageCount > 0) info.minImageCount = std::min(info.minImageCount, can.maxImageCount);
  info.imageFormat = format_.format;
  info.imageColorSpace = format_.colorSpace;
  info.imageExtent = {static_cast<uint32_t>(size_px.x), static_cast<uint32_t>(size_px.y)};
  info.imageArrayLayers = 1;
  info.imageUsage =
      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  info.imageSharingMode = VK_SHARING_MODE_EXCLUSIVE;
  info.preTransform = can.currentTransform;
  info.compositeAlpha = (can.supportedCompositeAlpha & VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR) != 0
                            ? VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
                            : VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR;
  info.presentMode = VK_PRESENT_MODE_FIFO_KHR;
  info.clipped = VK_TRUE;
  info.oldSwapchain = swapchain_.get();
  VkSwapchainKHR made = VK_NULL_HANDLE;
  check_vk(vkCreateSwapchainKHR(device_->handle(), &info, nullptr, &made), "vkCreateSwapchainKHR");
  views_.clear();
  swapchain_ = OwnedSwapchain(device_->handle(), made);
  uint32_t count = 0;
  check_vk(vkGetSwapchainImagesKHR(device_->handle(), made, &count, nullptr), "vkGetSwapchainImagesKHR");
  images_.resize(count);
  check_vk(vkGetSwapchainImagesKHR(device_->handle(), made, &count, images_.data()), "vkGetSwapchainImagesKHR");
  for (const VkImage image : images_) {
    VkImageViewCreateInfo view_info{VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
    view_info.image = image;
    view_info.viewType = VK_IMAGE_VIEW_TYPE_2D;
    view_info.format = format_.format;
    view_info.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    VkImageView view = VK_NULL_HANDLE;
    check_vk(vkCreateImageView(device_->handle(), &view_info, nullptr, &view), "vkCreateImageView");
    views_.emplace_back(device_->handle(), view);
  }
  size_px_ = size_px;
  fits_ = true;
}

std::optional<uint32_t> Swapchain::acquire(VkSemaphore then) {
  uint32_t index = 0;
  const VkResult result =
      vkAcquireNextImageKHR(device_->handle(), swapchain_.get(), UINT64_MAX, then, VK_NULL_HANDLE, &index);
  if (result == VK_ERROR_OUT_OF_DATE_KHR) {
    fits_ = false;
    return std::nullopt;
  }
  if (result == VK_SUBOPTIMAL_KHR) fits_ = false;  // good for once more
  check_vk(result, "vkAcquireNextImageKHR");
  return index;
}

void Swapchain::present(uint32_t image, VkSemaphore after) {
  if (!device_->present(swapchain_.get(), image, after)) fits_ = false;
}

}  // namespace diorama
