#pragma once

#include "engine/gpu/gpu_device.h"
#include "engine/gpu/owned.h"

#include <glm/glm.hpp>

#include <optional>
#include <vector>

namespace diorama {

using OwnedSwapchain = Owned<VkSwapchainKHR, vkDestroySwapchainKHR>;
using OwnedSemaphore = Owned<VkSemaphore, vkDestroySemaphore>;

OwnedSemaphore make_semaphore(GpuDevice& device);

// The images of a window's surface, shown in turn with the screen's refresh (FIFO, which every device has). They hold
// sRGB values in a plain format, can be drawn into, and copied from and to.
class Swapchain {
 public:
  // The surface must stay. Error kUnsupported: the device cannot show pictures there.
  Swapchain(GpuDevice& device, VkSurfaceKHR surface);
  ~Swapchain();  // waits for the device
  Swapchain(Swapchain&&) = delete;

  // Makes images anew if they are not of this size or no longer fit the surface. False: the window is of no size now.
  bool fit(glm::ivec2 size_px);

  // The next image to draw into, once `then` is signalled. Nothing: the images no longer fit, see fit().
  std::optional<uint32_t> acquire(VkSemaphore then);
  void present(uint32_t image, VkSemaphore after);

  glm::ivec2 size_px() const { return size_px_; }
  VkFormat format() const { return format_.format; }
  uint32_t image_count() const { return static_cast<uint32_t>(images_.size()); }
  VkImage image(uint32_t index) const { return images_[index]; }
  VkImageView view(uint32_t index) const { return views_[index].get(); }

 private:
  void make(const VkSurfaceCapabilitiesKHR& can, glm::ivec2 size_px);

  GpuDevice* device_;
  VkSurfaceKHR surface_;
  VkSurfaceFormatKHR format_{};
  glm::ivec2 size_px_{0};
  bool fits_ = false;
  OwnedSwapchain swapchain_;
  std::vector<VkImage> images_;
  std::vector<OwnedImageView> views_;
};

}  // namespace diorama
