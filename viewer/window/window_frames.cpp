#include "viewer/window/window_frames.h"

#include "engine/gpu/attachment.h"
#include "engine/gpu/barriers.h"
#include "engine/gpu/vulkan_result.h"

#include <backends/imgui_impl_vulkan.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr VkImageLayout kSource = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, kTarget = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
constexpr VkImageLayout kDrawn = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, kShown = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR;
constexpr VkImageSubresourceLayers kLayer{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
constexpr Use kCopyRead{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
constexpr Use kCopyWrite{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
constexpr Use kDraw{VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                    VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT};
constexpr VkClearColorValue kGround{{0.13f, 0.13f, 0.14f, 1}};

void image_barrier(VkCommandBuffer commands, VkImage image, VkImageLayout from, Use before, VkImageLayout to,
                   Use after) {
  VkImageMemoryBarrier barrier{VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};
  barrier.srcAccessMask = before.access;
  barrier.dstAccessMask = after.access;
  barrier.oldLayout = from;
  barrier.newLayout = to;
  barrier.srcQueueFamilyIndex = barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  barrier.image = image;
  barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  vkCmdPipelineBarrier(commands, before.stages, after.stages, 0, 0, nullptr, 0, nullptr, 1, &barrier);
}

VkExtent3D extent(glm::ivec2 size) {
  return {static_cast<uint32_t>(size.x), static_cast<uint32_t>(size.y), 1};
}

// Panels over what is there.
OwnedRenderPass make_panel_pass(GpuDevice& device, VkFormat format) {
  VkAttachmentDescription color =
      attachment(format, VK_SAMPLE_COUNT_1_BIT, VK_ATTACHMENT_LOAD_OP_LOAD, VK_ATTACHMENT_STORE_OP_STORE, kDrawn);
  color.initialLayout = kDrawn;  // what is there stays
  const VkAttachmentReference reference{0, kDrawn};
  VkSubpassDescription subpass{};
  subpass.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS;
  subpass.colorAttachmentCount = 1;
  subpass.pColorAttachments = &reference;
  VkRenderPassCreateInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO};
  info.attachmentCount = 1;
  info.pAttachments = &color;
  info.subpassCount = 1;
  info.pSubpasses = &subpass;
  VkRenderPass pass = VK_NULL_HANDLE;
  check_vk(vkCreateRenderPass(device.handle(), &info, nullptr, &pass), "vkCreateRenderPass");
  return {device.handle(), pass};
}

OwnedDescriptorPool make_panel_pool(GpuDevice& device) {
  constexpr VkDescriptorPoolSize kSize{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 16};
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT;
  info.maxSets = kSize.descriptorCount;
  info.poolSizeCount = 1;
  info.pPoolSizes = &kSize;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  check_vk(vkCreateDescriptorPool(device.handle(), &info, nullptr, &pool), "vkCreateDescriptorPool");
  return {device.handle(), pool};
}

}  // namespace

WindowFrames::WindowFrames(GpuDevice& device, VkSurfaceKHR surface)
    : device_(&device), swapchain_(device, surface), frames_(device) {
  for (int i = 0; i < frames_.slot_count(); ++i) acquired_.push_back(make_semaphore(device));
  pass_ = make_panel_pass(device, swapchain_.format());
  pool_ = make_panel_pool(device);
  make_backend();
}

void WindowFrames::make_backend() {
  ImGui_ImplVulkan_InitInfo info{};
  info.Instance = device_->instance();
  info.PhysicalDevice = device_->physical();
  info.Device = device_->handle();
  info.QueueFamily = device_->queue_family();
  info.Queue = device_->queue();
  info.PipelineCache = device_->pipeline_cache();
  info.DescriptorPool = pool_.get();
  info.MinImageCount = info.ImageCount = 3;  // how many frames' vertices it keeps
  info.MSAASamples = VK_SAMPLE_COUNT_1_BIT;
  ImGui_ImplVulkan_Init(&info, pass_.get());
  ImGui_ImplVulkan_CreateFontsTexture(frames_.begin());
  frames_.wait(frames_.submit());
  ImGui_ImplVulkan_DestroyFontUploadObjects();
}

WindowFrames::~WindowFrames() {
  vkDeviceWaitIdle(device_->handle());
  ImGui_ImplVulkan_Shutdown();
}

void WindowFrames::prepare() {
  if (made_px_ == swapchain_.size_px() && framebuffers_.size() == swapchain_.image_count()) return;
  device_->wait_idle();
  made_px_ = swapchain_.size_px();
  framebuffers_.clear();
  drawn_.clear();
  for (uint32_t i = 0; i < swapchain_.image_count(); ++i) {
    const VkImageView view = swapchain_.view(i);
    VkFramebufferCreateInfo info{VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO};
    info.renderPass = pass_.get();
    info.attachmentCount = 1;
    info.pAttachments = &view;
    info.width = static_cast<uint32_t>(made_px_.x);
    info.height = static_cast<uint32_t>(made_px_.y);
    info.layers = 1;
    VkFramebuffer framebuffer = VK_NULL_HANDLE;
    check_vk(vkCreateFramebuffer(device_->handle(), &info, nullptr, &framebuffer), "vkCreateFramebuffer");
    framebuffers_.emplace_back(device_->handle(), framebuffer);
    drawn_.push_back(make_semaphore(*device_));
  }
  canvas_ = GpuImage(*device_,
                     {.format = VK_FORMAT_R8G8B8A8_UNORM,
                      .size_px = made_px_,
                      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT},
                     "window canvas");
  readback_.emplace(*device_, VkDeviceSize{4} * static_cast<uint32_t>(made_px_.x * made_px_.y));
}

// As bytes into the canvas, whether they are marked as sRGB or not, and from there in the window's order of channels.
void WindowFrames::record_picture(VkCommandBuffer commands, uint32_t image, const GpuImage& picture) {
  diorama::image_barrier(commands, canvas_, VK_IMAGE_LAYOUT_UNDEFINED, kCopyRead, kTarget, kCopyWrite);
  const glm::ivec2 size = glm::min(picture.options().size_px, made_px_);
  const VkImageCopy whole{kLayer, {}, kLayer, {}, extent(size)};
  vkCmdCopyImage(commands, picture.handle(), kSource, canvas_.handle(), kTarget, 1, &whole);
  diorama::image_barrier(commands, canvas_, kTarget, kCopyWrite, kSource, kCopyRead);
  VkImageBlit blit{kLayer, {}, kLayer, {}};
  blit.srcOffsets[1] = blit.dstOffsets[1] = {size.x, size.y, 1};
  vkCmdBlitImage(commands, canvas_.handle(), kSource, swapchain_.image(image), kTarget, 1, &blit, VK_FILTER_NEAREST);
}

void WindowFrames::record(VkCommandBuffer commands, uint32_t image, const GpuImage* picture, ImDrawData* panels) {
  const VkImage target = swapchain_.image(image);
  image_barrier(commands, target, VK_IMAGE_LAYOUT_UNDEFINED,
                {VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, 0}, kTarget,
                kCopyWrite);
  if (picture != nullptr) {
    record_picture(commands, image, *picture);
  } else {
    const VkImageSubresourceRange whole{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vkCmdClearColorImage(commands, target, kTarget, &kGround, 1, &whole);
  }
  image_barrier(commands, target, kTarget, kCopyWrite, kDrawn, kDraw);
  VkRenderPassBeginInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO};
  info.renderPass = pass_.get();
  info.framebuffer = framebuffers_[image].get();
  info.renderArea.extent = {static_cast<uint32_t>(made_px_.x), static_cast<uint32_t>(made_px_.y)};
  vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
  ImGui_ImplVulkan_RenderDrawData(panels, commands);
  vkCmdEndRenderPass(commands);
}

ImageRgba8 WindowFrames::show(const GpuImage* picture, ImDrawData* panels, bool keep) {
  prepare();
  const VkCommandBuffer commands = frames_.begin();
  const VkSemaphore acquired = acquired_[static_cast<size_t>(frames_.slot())].get();
  const std::optional<uint32_t> image = swapchain_.acquire(acquired);
  if (!image) {
    frames_.submit();
    return {};
  }
  record(commands, *image, picture, panels);
  ReadbackRing::Region region;
  const VkImage target = swapchain_.image(*image);
  if (keep) {
    region = readback_->reserve(readback_->bytes());
    image_barrier(commands, target, kDrawn, kDraw, kSource, kCopyRead);
    const VkBufferImageCopy copy{region.offset, 0, 0, kLayer, {}, extent(made_px_)};
    vkCmdCopyImageToBuffer(commands, target, kSource, region.buffer, 1, &copy);
    image_barrier(commands, target, kSource, kCopyRead, kShown, {VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0});
  } else {
    image_barrier(commands, target, kDrawn, kDraw, kShown, {VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0});
  }
  const VkSemaphore drawn = drawn_[*image].get();
  const uint64_t frame = frames_.submit(acquired, drawn);
  swapchain_.present(*image, drawn);
  if (!keep) return {};
  frames_.wait(frame);
  return read(region);
}

ImageRgba8 WindowFrames::read(const ReadbackRing::Region& region) const {
  ImageRgba8 image(made_px_);
  const std::span<glm::u8vec4> pixels = image.pixels();
  std::memcpy(static_cast<void*>(pixels.data()), readback_->read(region).data(), pixels.size_bytes());
  const bool swapped = swapchain_.format() == VK_FORMAT_B8G8R8A8_UNORM;
  for (glm::u8vec4& pixel : pixels) {
    if (swapped) std::swap(pixel.x, pixel.z);
    pixel.w = 255;
  }
  return image;
}

}  // namespace diorama
