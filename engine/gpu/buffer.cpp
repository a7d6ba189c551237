#include "engine/gpu/buffer.h"

#include "engine/gpu/vulkan_result.h"

namespace diorama {

Buffer::Buffer(GpuDevice& device, VkDeviceSize bytes, VkBufferUsageFlags usage, MemoryUse use, std::string_view name)
    : bytes_(bytes) {
  DIO_CHECK(bytes > 0);
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = bytes;
  info.usage = usage;
  VkBuffer buffer = VK_NULL_HANDLE;
  check_vk(vkCreateBuffer(device.handle(), &info, nullptr, &buffer), "vkCreateBuffer");
  buffer_ = {device.handle(), buffer};
  device.set_name(buffer, VK_OBJECT_TYPE_BUFFER, name);
  VkMemoryRequirements requirements{};
  vkGetBufferMemoryRequirements(device.handle(), buffer, &requirements);
  allocation_ = device.memory().allocate(requirements, use, false);
  check_vk(vkBindBufferMemory(device.handle(), buffer, allocation_.memory(), allocation_.offset()),
           "vkBindBufferMemory");
}

std::span<std::byte> Buffer::mapped() const {
  DIO_CHECK(allocation_.mapped() != nullptr);
  return {allocation_.mapped(), bytes_};
}

}  // namespace diorama
