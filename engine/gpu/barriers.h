#pragma once

#include "engine/gpu/gpu_image.h"

#include <vulkan/vulkan.h>

namespace diorama {

// One side of a barrier: which stages, and what they do.
struct Use {
  VkPipelineStageFlags stages = VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT;
  VkAccessFlags access = 0;
};

// Whatever `before` did to buffers is done and seen by `after`.
void memory_barrier(VkCommandBuffer commands, Use before, Use after);

// Levels [first, first + count) of an image go from one layout to the other.
struct LevelRange {
  uint32_t first = 0, count = VK_REMAINING_MIP_LEVELS;
};
void image_barrier(VkCommandBuffer commands, const GpuImage& image, VkImageLayout from, Use before, VkImageLayout to,
                   Use after, LevelRange levels = {});

}  // namespace diorama
