#pragma once

#include "engine/gpu/buffer.h"
#include "engine/gpu/gpu_image.h"
#include "engine/gpu/spirv.h"

#include <span>
#include <string_view>
#include <vector>

namespace diorama {

// A SPIR-V module as the build embeds it, with the name for messages.
struct ShaderCode {
  std::span<const uint32_t> words;
  std::string_view name;
};

// A pipeline with the layouts that its modules declare. Move-only.
struct Pipeline {
  std::vector<SpirvBinding> bindings;       // of all stages together
  std::vector<OwnedSetLayout> set_layouts;  // by set number
  VkShaderStageFlags push_constant_stages = 0;
  uint32_t push_constant_bytes = 0;
  OwnedPipelineLayout layout;
  OwnedPipeline pipeline;
  VkPipelineBindPoint bind_point = VK_PIPELINE_BIND_POINT_COMPUTE;
};

// constant_id i of every stage is specialization[i]. Error kUnsupported when the device's limits do not carry the
// shader.
Pipeline make_compute_pipeline(GpuDevice& device, const ShaderCode& code,
                               std::span<const uint32_t> specialization = {});

struct GraphicsPipelineOptions {
  ShaderCode vertex, fragment;  // no words in `fragment`: depth alone
  std::span<const uint32_t> specialization;
  VkRenderPass render_pass = VK_NULL_HANDLE;
  uint32_t subpass = 0;
  VkSampleCountFlagBits samples = VK_SAMPLE_COUNT_1_BIT;
  bool shade_samples = false;  // the fragment stage runs once a sample, where the device can
  std::span<const VkVertexInputBindingDescription> vertex_bindings;
  std::span<const VkVertexInputAttributeDescription> vertex_attributes;
  VkCullModeFlags cull = VK_CULL_MODE_NONE;  // counter-clockwise on the screen is the front
  bool depth_write = true;
  VkCompareOp depth_compare = VK_COMPARE_OP_GREATER;                   // reversed depth
  std::span<const VkPipelineColorBlendAttachmentState> color_targets;  // of the subpass
};

// Triangle list, viewport and scissor dynamic.
Pipeline make_graphics_pipeline(GpuDevice& device, const GraphicsPipelineOptions& options);

// Push constants of all stages that declare them; `bytes` as long as they declare.
void push_constants(VkCommandBuffer commands, const Pipeline& pipeline, std::span<const std::byte> bytes);

template <class T>
void push_constants(VkCommandBuffer commands, const Pipeline& pipeline, const T& constants) {
  push_constants(commands, pipeline, std::as_bytes(std::span(&constants, 1)));
}

// Descriptor sets that live and die together.
class DescriptorSets {
 public:
  explicit DescriptorSets(GpuDevice& device) : device_(&device) {}

  VkDescriptorSet allocate(const Pipeline& pipeline, uint32_t set);

  // Types come from the pipeline's modules. Error kUnsupported: a range past the device's limits.
  void write_buffer(VkDescriptorSet target, const Pipeline& pipeline, uint32_t set, uint32_t binding,
                    const Buffer& buffer, VkDeviceSize offset = 0, VkDeviceSize bytes = VK_WHOLE_SIZE) const;
  void write_image(VkDescriptorSet target, const Pipeline& pipeline, uint32_t set, uint32_t binding, VkImageView view,
                   VkSampler sampler, VkImageLayout layout) const;

 private:
  void add_pool();

  GpuDevice* device_;
  std::vector<OwnedDescriptorPool> pools_;
};

}  // namespace diorama
