// How SplatRenderer records a frame.
#include "engine/gpu/barriers.h"
#include "renderers/splats/splat_renderer.h"

namespace diorama {
namespace {

constexpr Use kCompute{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
constexpr VkPipelineStageFlags kDepthStages =
    VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT | VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT;
constexpr VkImageLayout kCopied = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
constexpr VkImageLayout kSampled = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
constexpr VkImageLayout kTested = VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL;

void bind(VkCommandBuffer commands, const Pipeline& pipeline, std::initializer_list<VkDescriptorSet> sets) {
  vkCmdBindPipeline(commands, pipeline.bind_point, pipeline.pipeline.get());
  vkCmdBindDescriptorSets(commands, pipeline.bind_point, pipeline.layout.get(), 0, static_cast<uint32_t>(sets.size()),
                          sets.begin(), 0, nullptr);
}

// What others drew and may copy becomes what splats are tested against and laid over.
void take_backdrop(VkCommandBuffer commands, const SplatBackdrop& backdrop) {
  image_barrier(commands, *backdrop.color, kCopied,
                {VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                 VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT},
                kSampled, {VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT});
  image_barrier(commands, *backdrop.depth, kCopied,
                {kDepthStages | VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT}, kTested,
                {kDepthStages, VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT});
}

// And back: the next picture of the other geometry waits for its own copies, and so for this.
void leave_backdrop(VkCommandBuffer commands, const SplatBackdrop& backdrop) {
  image_barrier(commands, *backdrop.color, kSampled, {VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT},
                kCopied, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
  image_barrier(commands, *backdrop.depth, kTested, {kDepthStages, VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT},
                kCopied, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
}

}  // namespace

void SplatRenderer::record_runs(VkCommandBuffer commands, const Pipeline& pipeline, VkDescriptorSet frame_set,
                                uint32_t group_splats) const {
  uint32_t first_group = 0;
  for (const SplatRun& run : splats_->runs()) {
    const SplatRunConstants constants{splats_->options().sh_range, first_group, run.count,
                                      splats_->chunk_splats(),     run.first,   run.weight};
    first_group += splat_groups(run);
    if (run.count == 0) continue;
    bind(commands, pipeline, {chunk_sets_[run.chunk], frame_set});
    push_constants(commands, pipeline, constants);
    vkCmdDispatch(commands, (run.count + group_splats - 1) / group_splats, 1, 1);
  }
}

void SplatRenderer::record_cull(VkCommandBuffer commands, int slot) const {
  const auto i = static_cast<size_t>(slot);
  // The frame before reads the same buffers until it is drawn.
  memory_barrier(commands,
                 {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_VERTEX_SHADER_BIT |
                      VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                  VK_ACCESS_SHADER_WRITE_BIT},
                 kCompute);
  record_runs(commands, cull_, cull_sets_[i], kSplatGroup);
  memory_barrier(commands, kCompute, kCompute);
  bind(commands, offsets_, {offset_sets_[i]});
  vkCmdDispatch(commands, 1, 1, 1);
  memory_barrier(commands, kCompute, kCompute);
  record_runs(commands, project_, project_sets_[i], 128);
}

void SplatRenderer::record_quads(VkCommandBuffer commands, const PassState& state, int slot) const {
  const auto i = static_cast<size_t>(slot);
  const auto width = static_cast<uint32_t>(targets_->size_px.x), height = static_cast<uint32_t>(targets_->size_px.y);
  const VkViewport viewport{0, 0, static_cast<float>(width), static_cast<float>(height), 0, 1};
  const VkRect2D scissor{{0, 0}, {width, height}};
  vkCmdSetViewport(commands, 0, 1, &viewport);
  vkCmdSetScissor(commands, 0, 1, &scissor);
  bind(commands, state.quads, {state.quad_sets[i]});
  vkCmdBindIndexBuffer(commands, indices_.handle(), 0, VK_INDEX_TYPE_UINT16);
  vkCmdDrawIndexedIndirect(commands, arguments_.handle(), 0, 1, 0);
  vkCmdNextSubpass(commands, VK_SUBPASS_CONTENTS_INLINE);
  bind(commands, state.resolve, {state.resolve_sets[i]});
  vkCmdDraw(commands, 3, 1, 0, 0);
}

void SplatRenderer::record_draw(VkCommandBuffer commands, const PassState& state, int slot,
                                const SplatBackdrop* backdrop) const {
  memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                 {VK_PIPELINE_STAGE_VERTEX_SHADER_BIT | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT,
                  VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_INDIRECT_COMMAND_READ_BIT});
  if (backdrop != nullptr) take_backdrop(commands, *backdrop);
  const VkClearValue clear[2]{};
  VkRenderPassBeginInfo info{VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO};
  info.renderPass = state.pass.get();
  info.framebuffer = targets_->framebuffer.get();
  info.renderArea.extent = {static_cast<uint32_t>(targets_->size_px.x), static_cast<uint32_t>(targets_->size_px.y)};
  info.clearValueCount = state.options.with_depth ? 2 : 1;
  info.pClearValues = clear;
  vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
  record_quads(commands, state, slot);
  vkCmdEndRenderPass(commands);
  if (backdrop != nullptr) leave_backdrop(commands, *backdrop);
}

void SplatRenderer::record_copies(VkCommandBuffer commands, const Pending& pending) const {
  VkBufferImageCopy region{};
  region.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.imageExtent = {static_cast<uint32_t>(pending.size_px.x), static_cast<uint32_t>(pending.size_px.y), 1};
  const auto copy = [&](const GpuImage& image, const ReadbackRing::Region& target) {
    region.bufferOffset = target.offset;
    vkCmdCopyImageToBuffer(commands, image.handle(), kCopied, target.buffer, 1, &region);
  };
  if (pending.read_back) copy(targets_->color, pending.color);
  if (pending.read_back && pending.with_depth) copy(targets_->depth, pending.depth);
  memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                 {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
  const VkBufferCopy arguments{0, pending.arguments.offset, sizeof(SplatArguments)};
  vkCmdCopyBuffer(commands, arguments_.handle(), pending.arguments.buffer, 1, &arguments);
}

}  // namespace diorama
