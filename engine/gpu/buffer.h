#pragma once

#include "engine/gpu/gpu_device.h"

#include <span>
#include <string_view>

namespace diorama {

using OwnedBuffer = Owned<VkBuffer, vkDestroyBuffer>;

// A buffer with its memory. Move-only.
class Buffer {
 public:
  Buffer() = default;
  Buffer(GpuDevice& device, VkDeviceSize bytes, VkBufferUsageFlags usage, MemoryUse use, std::string_view name);

  VkBuffer handle() const { return buffer_.get(); }
  VkDeviceSize bytes() const { return bytes_; }
  const Allocation& allocation() const { return allocation_; }

  // The buffer's bytes; only of kUpload and kReadback.
  std::span<std::byte> mapped() const;

 private:
  Allocation allocation_;  // outlives the handle
  OwnedBuffer buffer_;
  VkDeviceSize bytes_ = 0;
};

}  // namespace diorama
