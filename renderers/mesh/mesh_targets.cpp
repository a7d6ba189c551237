#include "renderers/mesh/mesh_targets.h"

#include "engine/gpu/attachment.h"
#include "engine/gpu/vulkan_result.h"

#include <span>
#include <vector>

namespace diorama {
namespace {

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
constexpr VkAttachmentLoadOp kClear = VK_ATTACHMENT_LOAD_OP_CLEAR, kLoad = VK_ATTACHMENT_LOAD_OP_LOAD;

// Colour and depth, and the resolved colour where attachments are three.
OwnedRenderPass make_color_pass(GpuDevice& device, std::span<const VkAttachmentDescription> attachments) {
  const VkAttachmentReference color{0, kColorLayout}, depth{1, kDepthLayout}, resolved{2, kColorLayout};
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = 1;
  subpass.pColorAttachments = &color;
  subpass.pResolveAttachments = attachments.size() > 2 ? &resolved : nullptr;
  subpass.pDepthStencilAttachment = &depth;
  return make_pass(device, attachments, subpass);
}

VkAttachmentDescription resolve_attachment() {
  return attachment(kMeshColorFormat, VK_SAMPLE_COUNT_1_BIT, VK_ATTACHMENT_LOAD_OP_DONT_CARE, kStore, kCopyLayout);
}

OwnedRenderPass make_only_color_pass(GpuDevice& device, VkSampleCountFlagBits samples) {
  const bool resolve = samples != VK_SAMPLE_COUNT_1_BIT;
  std::vector<VkAttachmentDescription> attachments = {
      attachment(kMeshColorFormat, samples, kClear, resolve ? kForget : kStore, resolve ? kColorLayout : kCopyLayout),
      attachment(kMeshDepthFormat, samples, kClear, kForget, kDepthLayout)};
  if (resolve) attachments.push_back(resolve_attachment());
  return make_color_pass(device, attachments);
}

OwnedRenderPass make_encoded_color_pass(GpuDevice& device, VkSampleCountFlagBits samples) {
  const VkAttachmentDescription attachments[] = {attachment(kMeshEncodedFormat, samples, kClear, kStore, kColorLayout),
                                                 attachment(kMeshDepthFormat, samples, kClear, kStore, kDepthLayout)};
  return make_color_pass(device, attachments);
}

// Goes on where the encoded pass ended.
OwnedRenderPass make_blended_pass(GpuDevice& device, VkSampleCountFlagBits samples) {
  VkAttachmentDescription attachments[] = {attachment(kMeshColorFormat, samples, kLoad, kForget, kColorLayout),
                                           attachment(kMeshDepthFormat, samples, kLoad, kForget, kDepthLayout),
                                           resolve_attachment()};
  attachments[0].initialLayout = kColorLayout;
  attachments[1].initialLayout = kDepthLayout;
  return make_color_pass(device, attachments);
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

void check_size(const GpuDevice& device, glm::ivec2 size_px) {
  const VkPhysicalDeviceLimits& limits = device.limits();
  if (static_cast<uint32_t>(size_px.x) > limits.maxFramebufferWidth ||
      static_cast<uint32_t>(size_px.y) > limits.maxFramebufferHeight) {
    fail(ErrorCode::kUnsupported,
         "a picture of {}x{} is asked for, {} draws at most {}x{}: use a smaller one or the CPU", size_px.x, size_px.y,
         device.info().name, limits.maxFramebufferWidth, limits.maxFramebufferHeight);
  }
}

}  // namespace

MeshPasses make_mesh_passes(GpuDevice& device, const MeshPassOptions& options) {
  DIO_CHECK(!options.shader_encodes || options.samples != VK_SAMPLE_COUNT_1_BIT);
  MeshPasses passes;
  passes.options = options;
  passes.depth = make_depth_pass(device);
  if (options.shader_encodes) {
    passes.color = make_encoded_color_pass(device, options.samples);
    passes.blended = make_blended_pass(device, options.samples);
  } else {
    passes.color = make_only_color_pass(device, options.samples);
  }
  return passes;
}

MeshTargets make_mesh_targets(GpuDevice& device, glm::ivec2 size_px, const MeshPasses& passes) {
  check_size(device, size_px);
  const auto [samples, shader_encodes] = passes.options;
  constexpr VkImageUsageFlags kColor = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, kCopied = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  constexpr VkImageUsageFlags kDepth = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
  const VkImageUsageFlags transient = shader_encodes ? 0 : VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  const auto make = [&](VkFormat format, VkSampleCountFlagBits image_samples, VkImageUsageFlags usage,
                        const char* name) {
    GpuImageOptions image{format, size_px, 1, image_samples, usage};
    if (format == kMeshDepthFormat) {
      image.aspect = VK_IMAGE_ASPECT_DEPTH_BIT;
    } else if (shader_encodes && image_samples != VK_SAMPLE_COUNT_1_BIT) {
      image.second_format = kMeshEncodedFormat;
    }
    return GpuImage(device, image, name);
  };
  MeshTargets targets;
  targets.size_px = size_px;
  targets.color =
      make(kMeshColorFormat, VK_SAMPLE_COUNT_1_BIT, kColor | kCopied | VK_IMAGE_USAGE_SAMPLED_BIT, "mesh color");
  targets.depth_samples = make(kMeshDepthFormat, samples, kDepth | transient, "mesh depth samples");
  targets.depth = make(kMeshDepthFormat, VK_SAMPLE_COUNT_1_BIT, kDepth | kCopied, "mesh depth");
  std::vector<VkImageView> views = {targets.color.view(), targets.depth_samples.view()};
  if (samples != VK_SAMPLE_COUNT_1_BIT) {
    targets.color_samples = make(kMeshColorFormat, samples, kColor | transient, "mesh color samples");
    views = {targets.color_samples.view(), targets.depth_samples.view(), targets.color.view()};
  }
  if (shader_encodes) {
    const VkImageView encoded[] = {targets.color_samples.second_view(), targets.depth_samples.view()};
    targets.color_framebuffer = make_framebuffer(device, passes.color.get(), encoded, size_px);
    targets.blended_framebuffer = make_framebuffer(device, passes.blended.get(), views, size_px);
  } else {
    targets.color_framebuffer = make_framebuffer(device, passes.color.get(), views, size_px);
  }
  const VkImageView depth_view = targets.depth.view();
  targets.depth_framebuffer = make_framebuffer(device, passes.depth.get(), std::span(&depth_view, 1), size_px);
  return targets;
}

}  // namespace diorama
