#include "renderers/mesh/mesh_targets.h"

#include "engine/gpu/vulkan_result.h"

#include <span>
#include <vector>

namespace diorama {
namespace {

VkAttachmentDescription attachment(VkFormat format, VkSampleCountFlagBits samples, VkAttachmentLoadOp load,
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

OwnedRenderPass make_pass(GpuDevice& device, std::span<const VkAttachmentDescription> attachments,
                          const VkSubpassDescription& subpass) {
  constexpr VkPipelineStageFlags kDepthStages =
      VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT | VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT;
  constexpr VkPipelineStageFlags kDrawn = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | kDepthStages;
  constexpr VkAccessFlags kWritten =
      VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT;
  constexpr VkAccessFlags kTouched =
      kWritten | VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT;
  // The frame before may still draw into these images or copy from them; this frame's copies wait for its draws.
  const VkSubpassDependency dependencies[] = {
      {VK_SUBPASS_EXTERNAL, 0, kDrawn | VK_PIPELINE_STAGE_TRANSFER_BIT, kDrawn, kWritten, kTouched, 0},
      {0, VK_SUBPASS_EXTERNAL, kDrawn, VK_PIPELINE_STAGE_TRANSFER_BIT, kWritten, VK_ACCESS_TRANSFER_READ_BIT, 0}};
  VkRenderPassCreateInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO};
  info.attachmentCount = static_cast<uint32_t>(attachments.size());
  info.pAttachments = attachments.data();
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  info.dependencyCount = 2;
  info.pDependencies = dependencies;
  VkRenderPass pass = VK_NULL_HANDLE;
  check_vk(vkCreateRenderPass(device.handle(), &info, nullptr, &pass), "vkCreateRenderPass");
  return {device.handle(), pass};
}

OwnedFramebuffer make_framebuffer(GpuDevice& device, VkRenderPass pass, std::span<const VkImageView> views,
                                  glm::ivec2 size_px) {
  VkFramebufferCreateInfo info{VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO};
  info.renderPass = pass;
  info.attachmentCount = static_cast<uint32_t>(views.size());
  info.pAttachments = views.data();
  info.width = static_cast<uint32_t>(size_px.x);
  info.height = static_cast<uint32_t>(size_px.y);
  info.layers = 1;
  VkFramebuffer framebuffer = VK_NULL_HANDLE;
  check_vk(vkCreateFramebuffer(device.handle(), &info, nullptr, &framebuffer), "vkCreateFramebuffer");
  return {device.handle(), framebuffer};
}

constexpr VkImageLayout kColorLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
constexpr VkImageLayout kDepthLayout = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL;
constexpr VkImageLayout kCopyLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
constexpr VkAttachmentStoreOp kStore = VK_ATTACHMENT_STORE_OP_STORE, kForget = VK_ATTACHMENT_STORE_OP_DONT_CARE;
constexpr VkAttachmentLoadOp kClear = VK_ATTACHMENT_LOAD_OP_CLEAR;

}  // namespace

OwnedRenderPass make_color_pass(GpuDevice& device, VkSampleCountFlagBits samples) {
  const bool resolve = samples != VK_SAMPLE_COUNT_1_BIT;
  std::vector<VkAttachmentDescription> attachments = {
      attachment(kMeshColorFormat, samples, kClear, resolve ? kForget : kStore, resolve ? kColorLayout : kCopyLayout),
      attachment(kMeshDepthFormat, samples, kClear, kForget, kDepthLayout)};
  if (resolve) {
    attachments.push_back(
        attachment(kMeshColorFormat, VK_SAMPLE_COUNT_1_BIT, VK_ATTACHMENT_LOAD_OP_DONT_CARE, kStore, kCopyLayout));
  }
  const VkAttachmentReference color{0, kColorLayout}, depth{1, kDepthLayout}, resolved{2, kColorLayout};
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = 1;
  subpass.pColorAttachments = &color;
  subpass.pResolveAttachments = resolve ? &resolved : nullptr;
  subpass.pDepthStencilAttachment = &depth;
  return make_pass(device, attachments, subpass);
}

OwnedRenderPass make_depth_pass(GpuDevice& device) {
  const VkAttachmentDescription attachments[] = {
      attachment(kMeshDepthFormat, VK_SAMPLE_COUNT_1_BIT, kClear, kStore, kCopyLayout)};
  const VkAttachmentReference depth{0, kDepthLayout};
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.pDepthStencilAttachment = &depth;
  return make_pass(device, attachments, subpass);
}

MeshTargets make_mesh_targets(GpuDevice& device, glm::ivec2 size_px, VkSampleCountFlagBits samples,
                              VkRenderPass color_pass, VkRenderPass depth_pass) {
  const VkPhysicalDeviceLimits& limits = device.limits();
  if (static_cast<uint32_t>(size_px.x) > limits.maxFramebufferWidth ||
      static_cast<uint32_t>(size_px.y) > limits.maxFramebufferHeight) {
    fail(ErrorCode::kUnsupported,
         "a picture of {}x{} is asked for, {} draws at most {}x{}: use a smaller one or the CPU", size_px.x, size_px.y,
         device.info().name, limits.maxFramebufferWidth, limits.maxFramebufferHeight);
  }
  constexpr VkImageUsageFlags kTransient = VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  constexpr VkImageUsageFlags kColor = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, kCopied = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  constexpr VkImageUsageFlags kDepth = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
  const auto make = [&](VkFormat format, VkSampleCountFlagBits image_samples, VkImageUsageFlags usage,
                        const char* name) {
    const bool depth = format == kMeshDepthFormat;
    return GpuImage(device,
                    {format, size_px, 1, image_samples, usage,
                     VkImageAspectFlags{depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT}},
                    name);
  };
  MeshTargets targets;
  targets.size_px = size_px;
  targets.color = make(kMeshColorFormat, VK_SAMPLE_COUNT_1_BIT, kColor | kCopied, "mesh color");
  targets.depth_samples = make(kMeshDepthFormat, samples, kDepth | kTransient, "mesh depth samples");
  targets.depth = make(kMeshDepthFormat, VK_SAMPLE_COUNT_1_BIT, kDepth | kCopied, "mesh depth");
  std::vector<VkImageView> views = {targets.color.view(), targets.depth_samples.view()};
  if (samples != VK_SAMPLE_COUNT_1_BIT) {
    targets.color_samples = make(kMeshColorFormat, samples, kColor | kTransient, "mesh color samples");
    views = {targets.color_samples.view(), targets.depth_samples.view(), targets.color.view()};
  }
  targets.color_framebuffer = make_framebuffer(device, color_pass, views, size_px);
  const VkImageView depth_view = targets.depth.view();
  targets.depth_framebuffer = make_framebuffer(device, depth_pass, std::span(&depth_view, 1), size_px);
  return targets;
}

}  // namespace diorama
