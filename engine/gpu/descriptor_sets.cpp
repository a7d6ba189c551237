#include "engine/gpu/pipeline.h"
#include "engine/gpu/vulkan_result.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr uint32_t kSetsPerPool = 64;

const SpirvBinding& find_binding(const Pipeline& pipeline, uint32_t set, uint32_t binding) {
  const auto found = std::find_if(pipeline.bindings.begin(), pipeline.bindings.end(), [&](const SpirvBinding& other) {
    return other.set == set && other.binding == binding;
  });
  DIO_CHECK(found != pipeline.bindings.end());
  return *found;
}

VkWriteDescriptorSet write_of(VkDescriptorSet target, const SpirvBinding& binding) {
  VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
  write.dstSet = target;
  write.dstBinding = binding.binding;
  write.descriptorCount = 1;
  write.descriptorType = binding.type;
  return write;
}

}  // namespace

void DescriptorSets::add_pool() {
  constexpr VkDescriptorPoolSize kSizes[] = {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 4 * kSetsPerPool},
                                             {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, 2 * kSetsPerPool},
                                             {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 8 * kSetsPerPool},
                                             {VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, kSetsPerPool},
                                             {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 2 * kSetsPerPool}};
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = kSetsPerPool;
  info.poolSizeCount = static_cast<uint32_t>(std::size(kSizes));
  info.pPoolSizes = kSizes;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  check_vk(vkCreateDescriptorPool(device_->handle(), &info, nullptr, &pool), "vkCreateDescriptorPool");
  pools_.emplace_back(device_->handle(), pool);
}

VkDescriptorSet DescriptorSets::allocate(const Pipeline& pipeline, uint32_t set) {
  DIO_CHECK(set < pipeline.set_layouts.size());
  if (pools_.empty()) add_pool();
  const VkDescriptorSetLayout layout = pipeline.set_layouts[set].get();
  VkDescriptorSetAllocateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
  info.descriptorPool = pools_.back().get();
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  VkDescriptorSet result = VK_NULL_HANDLE;
  VkResult status = vkAllocateDescriptorSets(device_->handle(), &info, &result);
  if (status == VK_ERROR_OUT_OF_POOL_MEMORY || status == VK_ERROR_FRAGMENTED_POOL) {
    add_pool();
    info.descriptorPool = pools_.back().get();
    status = vkAllocateDescriptorSets(device_->handle(), &info, &result);
  }
  check_vk(status, "vkAllocateDescriptorSets");
  return result;
}

void DescriptorSets::write_buffer(VkDescriptorSet target, const Pipeline& pipeline, uint32_t set, uint32_t binding,
                                  const Buffer& buffer, VkDeviceSize offset, VkDeviceSize bytes) const {
  const SpirvBinding& declared = find_binding(pipeline, set, binding);
  DIO_CHECK(offset < buffer.bytes());
  const VkDeviceSize range = bytes == VK_WHOLE_SIZE ? buffer.bytes() - offset : bytes;
  DIO_CHECK(range <= buffer.bytes() - offset);
  const bool storage = declared.type == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  const VkPhysicalDeviceLimits& limits = device_->limits();
  const uint32_t most = storage ? limits.maxStorageBufferRange : limits.maxUniformBufferRange;
  if (range > most) {
    fail(ErrorCode::kUnsupported, "a buffer of {} bytes is bound at once, {} allows {}", range, device_->info().name,
         most);
  }
  const VkDescriptorBufferInfo info{buffer.handle(), offset, range};
  VkWriteDescriptorSet write = write_of(target, declared);
  write.pBufferInfo = &info;
  vkUpdateDescriptorSets(device_->handle(), 1, &write, 0, nullptr);
}

void DescriptorSets::write_image(VkDescriptorSet target, const Pipeline& pipeline, uint32_t set, uint32_t binding,
                                 VkImageView view, VkSampler sampler, VkImageLayout layout) const {
  const VkDescriptorImageInfo info{sampler, view, layout};
  VkWriteDescriptorSet write = write_of(target, find_binding(pipeline, set, binding));
  write.pImageInfo = &info;
  vkUpdateDescriptorSets(device_->handle(), 1, &write, 0, nullptr);
}

}  // namespace diorama
