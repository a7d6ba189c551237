#pragma once

#include <vulkan/vulkan.h>

namespace diorama {

// An attachment of a render pass without stencil whose contents before the pass don't matter to its layout.
inline VkAttachmentDescription attachment(VkFormat format, VkSampleCountFlagBits samples, VkAttachmentLoadOp load,
                                          VkAttachmentStoreOp store, VkImageLayout last) {
  VkAttachmentDescription result{};
  result.format = format;
  result.samples = samples;
  result.loadOp = load;
  result.storeOp = store;
  result.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
  result.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
  result.finalLayout = last;
  return result;
}

}  // namespace diorama
