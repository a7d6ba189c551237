// How MeshRenderer records a frame.
#include "engine/raster/blend_order.h"
#include "engine/scene/color.h"
#include "renderers/mesh/mesh_renderer.h"
#include "renderers/mesh/mesh_shared.h"

namespace diorama {
namespace {

VkRenderPassBeginInfo pass_info(VkRenderPass pass, VkFramebuffer framebuffer, glm::ivec2 size_px,
                                std::span<const VkClearValue> clear) {
  VkRenderPassBeginInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO};
  info.renderPass = pass;
  info.framebuffer = framebuffer;
  info.renderArea.extent = {static_cast<uint32_t>(size_px.x), static_cast<uint32_t>(size_px.y)};
  info.clearValueCount = static_cast<uint32_t>(clear.size());
  info.pClearValues = clear.data();
  return info;
}

void set_viewport(VkCommandBuffer commands, glm::ivec2 size_px) {
  const VkViewport viewport{0, 0, static_cast<float>(size_px.x), static_cast<float>(size_px.y), 0, 1};
  const VkRect2D scissor{{0, 0}, {static_cast<uint32_t>(size_px.x), static_cast<uint32_t>(size_px.y)}};
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &scissor);
}

}  // namespace

void MeshRenderer::bind(VkCommandBuffer commands, const Draw& draw, int slot) {
  VkDescriptorSet& frame = frame_sets_[static_cast<size_t>(slot)];
  if (frame == VK_NULL_HANDLE) {
    frame = sets_->allocate(*draw.pipeline, 0);
    sets_->write_buffer(frame, *draw.pipeline, 0, 0, frame_constants_, static_cast<VkDeviceSize>(slot) * frame_stride_,
                        sizeof(MeshFrameConstants));
  }
  const VkDescriptorSet sets[] = {frame, draw.material};
  vkCmdBindPipeline(commands, draw.pipeline->bind_point, draw.pipeline->pipeline.get());
  vkCmdBindDescriptorSets(commands, draw.pipeline->bind_point, draw.pipeline->layout.get(), 0,
                          draw.material != VK_NULL_HANDLE ? 2 : 1, sets, 0, nullptr);
}

void MeshRenderer::record_batches(VkCommandBuffer commands, const SampleState& state, Draw BatchDraws::*draw,
                                  int slot) {
  vkCmdBindIndexBuffer(commands, indices_.handle(), 0, VK_INDEX_TYPE_UINT32);
  for (size_t i = 0; i < visible_.size(); ++i) {
    if (visible_[i].empty()) continue;
    bind(commands, state.batches[i].*draw, slot);
    for (const IndexRange& range : visible_[i]) vkCmdDrawIndexed(commands, range.count, 1, range.first, 0, 0);
    draw_count_ += visible_[i].size();
  }
}

void MeshRenderer::record_blended(VkCommandBuffer commands, const SampleState& state, glm::vec3 forward_in_world,
                                  int slot) {
  if (geometry_.blended.empty()) return;
  vkCmdBindIndexBuffer(commands, blended_indices_[static_cast<size_t>(slot)].handle(), 0, VK_INDEX_TYPE_UINT32);
  std::vector<uint32_t> first;
  std::vector<glm::vec3> middles;
  uint32_t end = 0;
  for (const BlendedBatch& batch : geometry_.blended) {
    first.push_back(end);
    middles.push_back(batch.middle);
    end += static_cast<uint32_t>(3 * batch.triangles.size());
  }
  for (const size_t i : far_to_near(middles, forward_in_world)) {
    const auto count = static_cast<uint32_t>(3 * geometry_.blended[i].triangles.size());
    const BatchDraws& draws = state.blended[i];
    for (const Draw* draw : {draws.tinted ? &draws.tint : nullptr, &draws.color, &draws.coverage}) {
      if (draw == nullptr) continue;
      bind(commands, *draw, slot);
      vkCmdDrawIndexed(commands, count, 1, first[i], 0, 0);
      ++draw_count_;
    }
  }
}

void MeshRenderer::bind_vertices(VkCommandBuffer commands) {
  const VkBuffer buffers[] = {positions_.handle(), attributes_.handle(), normals_.handle(), tangents_.handle(),
                              second_uvs_.handle()};
  const VkDeviceSize offsets[5]{};
  vkCmdBindVertexBuffers(commands, 0, 5, buffers, offsets);
}

void MeshRenderer::record_color(VkCommandBuffer commands, const SampleState& state, glm::vec3 background,
                                glm::vec3 forward_in_world, int slot) {
  const bool encoded = state.passes.options.shader_encodes;
  const glm::vec3 color = encoded ? background : linear_from_srgb(background);
  VkClearValue clear[2]{};
  clear[0].color = {{color.x, color.y, color.z, 0.0f}};  // alpha is coverage
  const VkRenderPassBeginInfo opaque =
      pass_info(state.passes.color.get(), targets_->color_framebuffer.get(), targets_->size_px, clear);
  vkCmdBeginRenderPass(commands, &opaque, VK_SUBPASS_CONTENTS_INLINE);
  set_viewport(commands, targets_->size_px);
  bind_vertices(commands);
  record_batches(commands, state, &BatchDraws::color, slot);
  if (encoded) {
    vkCmdEndRenderPass(commands);
    const VkRenderPassBeginInfo blended =
        pass_info(state.passes.blended.get(), targets_->blended_framebuffer.get(), targets_->size_px, {});
    vkCmdBeginRenderPass(commands, &blended, VK_SUBPASS_CONTENTS_INLINE);
  }
  record_blended(commands, state, forward_in_world, slot);
  vkCmdEndRenderPass(commands);
}

void MeshRenderer::record_depth(VkCommandBuffer commands, const SampleState& state, int slot) {
  const VkClearValue clear{};
  const VkRenderPassBeginInfo info =
      pass_info(state.passes.depth.get(), targets_->depth_framebuffer.get(), targets_->size_px, std::span(&clear, 1));
  vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
  set_viewport(commands, targets_->size_px);
  bind_vertices(commands);
  record_batches(commands, state, &BatchDraws::depth, slot);
  vkCmdEndRenderPass(commands);
}

void MeshRenderer::record_copies(VkCommandBuffer commands, const Pending& pending) {
  if (!pending.read_back) return;
  VkBufferImageCopy region{};
  region.imageExtent = {static_cast<uint32_t>(pending.size_px.x), static_cast<uint32_t>(pending.size_px.y), 1};
  const auto copy = [&](const GpuImage& image, const ReadbackRing::Region& target) {
    region.bufferOffset = target.offset;
    region.imageSubresource = {image.options().aspect, 0, 0, 1};
    vkCmdCopyImageToBuffer(commands, image.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, target.buffer, 1, &region);
  };
  copy(targets_->color, pending.color);
  if (pending.with_depth) copy(targets_->depth, pending.depth);
}

}  // namespace diorama
