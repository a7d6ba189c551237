#include "engine/gpu/pipeline.h"

#include "engine/gpu/vulkan_result.h"

#include <algorithm>

namespace diorama {
namespace {

struct Stage {
  VkShaderStageFlagBits stage;
  OwnedShaderModule module;
};

void check_limits(const GpuDevice& device, const SpirvModule& module, std::string_view name) {
  const std::vector<std::string> beyond = beyond_limits(module, device.limits(), device.subgroups().ballot);
  if (beyond.empty()) return;
  fail(ErrorCode::kUnsupported, "shader {}: {} cannot run it: {}", name, device.info().name, beyond.front());
}

// Joins a module's bindings and push constants to those of the stages before it.
void add_interface(Pipeline& pipeline, const SpirvModule& module) {
  for (const SpirvBinding& binding : module.bindings) {
    const auto same = std::find_if(pipeline.bindings.begin(), pipeline.bindings.end(), [&](const SpirvBinding& other) {
      return other.set == binding.set && other.binding == binding.binding;
    });
    if (same == pipeline.bindings.end()) {
      pipeline.bindings.push_back(binding);
    } else {
      DIO_CHECK(same->type == binding.type && same->count == binding.count);
    }
  }
  if (module.push_constant_bytes == 0) return;
  pipeline.push_constant_stages |= static_cast<VkShaderStageFlags>(module.stage);
  pipeline.push_constant_bytes = std::max(pipeline.push_constant_bytes, module.push_constant_bytes);
}

Stage make_stage(GpuDevice& device, const ShaderCode& code, Pipeline& pipeline) {
  const SpirvModule module = parse_spirv(code.words, code.name);
  check_limits(device, module, code.name);
  add_interface(pipeline, module);
  VkShaderModuleCreateInfo info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  info.codeSize = code.words.size_bytes();
  info.pCode = code.words.data();
  VkShaderModule handle = VK_NULL_HANDLE;
  check_vk(vkCreateShaderModule(device.handle(), &info, nullptr, &handle), "vkCreateShaderModule");
  return {module.stage, {device.handle(), handle}};
}

void make_layout(GpuDevice& device, VkShaderStageFlags stages, Pipeline& pipeline) {
  uint32_t set_count = 0;
  for (const SpirvBinding& binding : pipeline.bindings) set_count = std::max(set_count, binding.set + 1);
  std::vector<VkDescriptorSetLayout> handles;
  for (uint32_t set = 0; set < set_count; ++set) {
    std::vector<VkDescriptorSetLayoutBinding> bindings;
    for (const SpirvBinding& binding : pipeline.bindings) {
      if (binding.set != set) continue;
      const bool is_input = binding.type == VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT;
      const VkShaderStageFlags seen_by = is_input ? VkShaderStageFlags{VK_SHADER_STAGE_FRAGMENT_BIT} : stages;
      bindings.push_back({binding.binding, binding.type, binding.count, seen_by, nullptr});
    }
    VkDescriptorSetLayoutCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
    info.bindingCount = static_cast<uint32_t>(bindings.size());
    info.pBindings = bindings.data();
    VkDescriptorSetLayout handle = VK_NULL_HANDLE;
    check_vk(vkCreateDescriptorSetLayout(device.handle(), &info, nullptr, &handle), "vkCreateDescriptorSetLayout");
    pipeline.set_layouts.emplace_back(device.handle(), handle);
    handles.push_back(handle);
  }
  const VkPushConstantRange range{pipeline.push_constant_stages, 0, pipeline.push_constant_bytes};
  VkPipelineLayoutCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  info.setLayoutCount = set_count;
  info.pSetLayouts = handles.data();
  info.pushConstantRangeCount = pipeline.push_constant_bytes > 0 ? 1 : 0;
  info.pPushConstantRanges = &range;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  check_vk(vkCreatePipelineLayout(device.handle(), &info, nullptr, &layout), "vkCreatePipelineLayout");
  pipeline.layout = {device.handle(), layout};
}

// Specialization constants 0, 1, ... from consecutive words.
struct Specialization {
  std::vector<VkSpecializationMapEntry> entries;
  VkSpecializationInfo info{};

  explicit Specialization(std::span<const uint32_t> values) {
    for (uint32_t i = 0; i < values.size(); ++i) entries.push_back({i, 4 * i, 4});
    info = {static_cast<uint32_t>(entries.size()), entries.data(), values.size_bytes(), values.data()};
  }
};

VkPipelineShaderStageCreateInfo stage_info(const Stage& stage, const Specialization& specialization) {
  VkPipelineShaderStageCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO};
  info.stage = stage.stage;
  info.module = stage.module.get();
  info.pName = "main";
  info.pSpecializationInfo = &specialization.info;
  return info;
}

VkPipelineRasterizationStateCreateInfo rasterization(const GraphicsPipelineOptions& options) {
  VkPipelineRasterizationStateCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO};
  info.polygonMode = VK_POLYGON_MODE_FILL;
  info.cullMode = options.cull;
  info.frontFace = VK_FRONT_FACE_COUNTER_CLOCKWISE;
  info.lineWidth = 1.0f;
  return info;
}

VkPipelineDepthStencilStateCreateInfo depth_state(const GraphicsPipelineOptions& options) {
  VkPipelineDepthStencilStateCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO};
  info.depthTestEnable = VK_TRUE;
  info.depthWriteEnable = options.depth_write ? VK_TRUE : VK_FALSE;
  info.depthCompareOp = options.depth_compare;
  return info;
}

VkPipeline create_graphics(GpuDevice& device, const GraphicsPipelineOptions& options, VkPipelineLayout layout,
                           std::span<const VkPipelineShaderStageCreateInfo> stages) {
  VkPipelineVertexInputStateCreateInfo vertex{VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
  vertex.vertexBindingDescriptionCount = static_cast<uint32_t>(options.vertex_bindings.size());
  vertex.pVertexBindingDescriptions = options.vertex_bindings.data();
  vertex.vertexAttributeDescriptionCount = static_cast<uint32_t>(options.vertex_attributes.size());
  vertex.pVertexAttributeDescriptions = options.vertex_attributes.data();
  VkPipelineInputAssemblyStateCreateInfo assembly{VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO};
  assembly.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST;
  VkPipelineViewportStateCreateInfo viewport{VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO};
  viewport.viewportCount = viewport.scissorCount = 1;
  VkPipelineMultisampleStateCreateInfo multisample{VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO};
  multisample.rasterizationSamples = options.samples;
  multisample.sampleShadingEnable = options.shade_samples ? device.features().sampleRateShading : VK_FALSE;
  multisample.minSampleShading = 1.0f;
  VkPipelineColorBlendStateCreateInfo blend{VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO};
  blend.attachmentCount = static_cast<uint32_t>(options.color_targets.size());
  blend.pAttachments = options.color_targets.data();
  constexpr VkDynamicState kDynamic[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
  VkPipelineDynamicStateCreateInfo dynamic{VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO};
  dynamic.dynamicStateCount = 2;
  dynamic.pDynamicStates = kDynamic;
  const auto raster = rasterization(options);
  const auto depth = depth_state(options);

  VkGraphicsPipelineCreateInfo info{VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO};
  info.stageCount = static_cast<uint32_t>(stages.size());
  info.pStages = stages.data();
  info.pVertexInputState = &vertex;
  info.pInputAssemblyState = &assembly;
  info.pViewportState = &viewport;
  info.pRasterizationState = &raster;
  info.pMultisampleState = &multisample;
  info.pDepthStencilState = &depth;
  info.pColorBlendState = &blend;
  info.pDynamicState = &dynamic;
  info.layout = layout;
  info.renderPass = options.render_pass;
  info.subpass = options.subpass;
  VkPipeline pipeline = VK_NULL_HANDLE;
  check_vk(vkCreateGraphicsPipelines(device.handle(), device.pipeline_cache(), 1, &info, nullptr, &pipeline),
           "vkCreateGraphicsPipelines");
  return pipeline;
}

}  // namespace

Pipeline make_compute_pipeline(GpuDevice& device, const ShaderCode& code, std::span<const uint32_t> specialization) {
  Pipeline result;
  const Stage stage = make_stage(device, code, result);
  DIO_CHECK(stage.stage == VK_SHADER_STAGE_COMPUTE_BIT);
  make_layout(device, VK_SHADER_STAGE_COMPUTE_BIT, result);
  const Specialization constants(specialization);
  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.stage = stage_info(stage, constants);
  info.layout = result.layout.get();
  VkPipeline pipeline = VK_NULL_HANDLE;
  check_vk(vkCreateComputePipelines(device.handle(), device.pipeline_cache(), 1, &info, nullptr, &pipeline),
           "vkCreateComputePipelines");
  result.pipeline = {device.handle(), pipeline};
  device.set_name(pipeline, VK_OBJECT_TYPE_PIPELINE, code.name);
  return result;
}

Pipeline make_graphics_pipeline(GpuDevice& device, const GraphicsPipelineOptions& options) {
  Pipeline result;
  result.bind_point = VK_PIPELINE_BIND_POINT_GRAPHICS;
  const Specialization constants(options.specialization);
  std::vector<Stage> stages;
  stages.push_back(make_stage(device, options.vertex, result));
  if (!options.fragment.words.empty()) stages.push_back(make_stage(device, options.fragment, result));
  make_layout(device, VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, result);
  std::vector<VkPipelineShaderStageCreateInfo> infos;
  for (const Stage& stage : stages) infos.push_back(stage_info(stage, constants));
  const VkPipeline pipeline = create_graphics(device, options, result.layout.get(), infos);
  result.pipeline = {device.handle(), pipeline};
  device.set_name(pipeline, VK_OBJECT_TYPE_PIPELINE, options.vertex.name);
  return result;
}

void push_constants(VkCommandBuffer commands, const Pipeline& pipeline, std::span<const std::byte> bytes) {
  DIO_CHECK(bytes.size() == pipeline.push_constant_bytes);
  vkCmdPushConstants(commands, pipeline.layout.get(), pipeline.push_constant_stages, 0,
                     static_cast<uint32_t>(bytes.size()), bytes.data());
}

}  // namespace diorama
