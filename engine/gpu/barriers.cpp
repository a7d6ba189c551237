#include "engine/gpu/barriers.h"

namespace diorama {

void memory_barrier(VkCommandBuffer commands, Use before, Use after) {
  const VkMemoryBarrier barrier{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, before.access, after.access};
  vkCmdPipelineBarrier(commands, before.stages, after.stages, 0, 1, &barrier, 0, nullptr, 0, nullptr);
}

void image_barrier(VkCommandBuffer commands, const GpuImage& image, VkImageLayout from, Use before, VkImageLayout to,
                   Use after, LevelRange levels) {
  VkImageMemoryBarrier barrier{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};
  barrier.srcAccessMask = before.access;
  barrier.dstAccessMask = after.access;
  barrier.oldLayout = from;
  barrier.newLayout = to;
  barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  barrier.image = image.handle();
  barrier.subresourceRange = {image.options().aspect, levels.first, levels.count, 0, VK_REMAINING_ARRAY_LAYERS};
  vkCmdPipelineBarrier(commands, before.stages, after.stages, 0, 0, nullptr, 0, nullptr, 1, &barrier);
}

}  // namespace diorama
