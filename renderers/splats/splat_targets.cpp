#include "renderers/splats/splat_targets.h"

#include "engine/base/error.h"
#include "engine/gpu/attachment.h"
#include "engine/gpu/vulkan_result.h"

#include <vector>

namespace diorama {
namespace {

constexpr VkImageLayout kDrawn = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
constexpr VkPipelineStageFlags kColorStage = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
constexpr VkPipelineStageFlags kDepthStages =
    VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT | VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT;
constexpr VkAccessFlags kColorAccess = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;

bool blends(const GpuDevice& device, VkFormat format) {
  VkFormatProperties properties{};
  vkGetPhysicalDeviceFormatProperties(device.physical(), format, &properties);
  return (properties.optimalTilingFeatures & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BLEND_BIT) != 0;
}

// Sums first, then results, then the backdrop's depth: framebuffers follow this order.
std::vector<VkAttachmentDescription> attachments_of(const GpuDevice& device, const SplatPassOptions& options) {
  constexpr VkImageLayout kRead = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  constexpr VkImageLayout kCopied = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
  constexpr VkImageLayout kTested = VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL;
  constexpr VkAttachmentLoadOp kClear = VK_ATTACHMENT_LOAD_OP_CLEAR, kNone = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
  constexpr VkAttachmentStoreOp kStore = VK_ATTACHMENT_STORE_OP_STORE, kForget = VK_ATTACHMENT_STORE_OP_DONT_CARE;
  constexpr VkSampleCountFlagBits kOnce = VK_SAMPLE_COUNT_1_BIT;
  std::vector<VkAttachmentDescription> result = {attachment(splat_sum_format(device), kOnce, kClear, kForget, kRead)};
  if (options.with_depth) result.push_back(attachment(splat_depth_sum_format(device), kOnce, kClear, kForget, kRead));
  result.push_back(attachment(kSplatColorFormat, kOnce, kNone, kStore, kCopied));
  if (options.with_depth) result.push_back(attachment(kSplatDepthFormat, kOnce, kNone, kStore, kCopied));
  if (options.with_backdrop) {
    result.push_back(attachment(kBackdropDepthFormat, kOnce, VK_ATTACHMENT_LOAD_OP_LOAD, kStore, kTested));
    result.back().initialLayout = kTested;
  }
  return result;
}

// The frame before may still draw into these images or copy from them; this frame's copies wait for its draws.
constexpr VkSubpassDependency kDependencies[] = {
    {VK_SUBPASS_EXTERNAL, 0, kColorStage | kDepthStages | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT,
     kColorStage | kDepthStages, VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT,
     kColorAccess | VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT, 0},
    {VK_SUBPASS_EXTERNAL, 1, kColorStage | VK_PIPELINE_STAGE_TRANSFER_BIT, kColorStage,
     VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT, kColorAccess, 0},
    {0, 1, kColorStage, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
     VK_ACCESS_INPUT_ATTACHMENT_READ_BIT, VK_DEPENDENCY_BY_REGION_BIT},
    {1, VK_SUBPASS_EXTERNAL, kColorStage, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
     VK_ACCESS_TRANSFER_READ_BIT, 0}};

}  // namespace

VkFormat splat_sum_format(const GpuDevice& device) {
  const bool full = device.info().software && blends(device, VK_FORMAT_R32G32B32A32_SFLOAT);
  return full ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R16G16B16A16_SFLOAT;
}

VkFormat splat_depth_sum_format(const GpuDevice& device) {
  return blends(device, VK_FORMAT_R32_SFLOAT) ? VK_FORMAT_R32_SFLOAT : VK_FORMAT_R16_SFLOAT;
}

OwnedRenderPass make_splat_pass(GpuDevice& device, const SplatPassOptions& options) {
  const std::vector<VkAttachmentDescription> attachments = attachments_of(device, options);
  const uint32_t count = options.with_depth ? 2 : 1;
  constexpr VkImageLayout kRead = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  const VkAttachmentReference sums[] = {{0, kDrawn}, {1, kDrawn}}, inputs[] = {{0, kRead}, {1, kRead}};
  const VkAttachmentReference results[] = {{count, kDrawn}, {count + 1, kDrawn}};
  const VkAttachmentReference depth{2 * count, VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL};
  VkSubpassDescription subpasses[2]{};
  subpasses[0].colorAttachmentCount = subpasses[1].colorAttachmentCount = subpasses[1].inputAttachmentCount = count;
  subpasses[0].pColorAttachments = sums;
  if (options.with_backdrop) subpasses[0].pDepthStencilAttachment = &depth;
  subpasses[1].pInputAttachments = inputs;
  subpasses[1].pColorAttachments = results;
  VkRenderPassCreateInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO};
  info.attachmentCount = static_cast<uint32_t>(attachments.size());
  info.pAttachments = attachments.data();
  info.subpassCount = 2;
  info.pSubpasses = subpasses;
  info.dependencyCount = static_cast<uint32_t>(std::size(kDependencies));
  info.pDependencies = kDependencies;
  VkRenderPass pass = VK_NULL_HANDLE;
  check_vk(vkCreateRenderPass(device.handle(), &info, nullptr, &pass), "vkCreateRenderPass");
  return {device.handle(), pass};
}

SplatTargets make_splat_targets(GpuDevice& device, glm::ivec2 size_px, const SplatPassOptions& options,
                                VkRenderPass pass, VkImageView backdrop_depth) {
  const VkPhysicalDeviceLimits& limits = device.limits();
  const glm::uvec2 most(limits.maxFramebufferWidth, limits.maxFramebufferHeight), size(size_px);
  if (size.x > most.x || size.y > most.y) {
    fail(ErrorCode::kUnsupported,
         "a picture of {}x{} is asked for, {} draws at most {}x{}: use a smaller one or the CPU", size.x, size.y,
         device.info().name, most.x, most.y);
  }
  constexpr VkImageUsageFlags kSum = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT |
                                     VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  constexpr VkImageUsageFlags kResult = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  SplatTargets targets;
  targets.size_px = size_px;
  targets.options = options;
  targets.backdrop_depth = backdrop_depth;
  std::vector<VkImageView> views;
  const auto make = [&](VkFormat format, VkImageUsageFlags usage, const char* name) {
    GpuImage image(device, {.format = format, .size_px = size_px, .usage = usage}, name);
    views.push_back(image.view());
    return image;
  };
  targets.sums = make(splat_sum_format(device), kSum, "splat sums");
  if (options.with_depth) targets.depth_sums = make(splat_depth_sum_format(device), kSum, "splat depth sums");
  targets.color = make(kSplatColorFormat, kResult, "splat color");
  if (options.with_depth) targets.depth = make(kSplatDepthFormat, kResult, "splat depth");
  if (options.with_backdrop) views.push_back(backdrop_depth);
  VkFramebufferCreateInfo info{VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO};
  info.renderPass = pass;
  info.attachmentCount = static_cast<uint32_t>(views.size());
  info.pAttachments = views.data();
  info.width = size.x;
  info.height = size.y;
  info.layers = 1;
  VkFramebuffer framebuffer = VK_NULL_HANDLE;
  check_vk(vkCreateFramebuffer(device.handle(), &info, nullptr, &framebuffer), "vkCreateFramebuffer");
  targets.framebuffer = {device.handle(), framebuffer};
  return targets;
}

}  // namespace diorama
