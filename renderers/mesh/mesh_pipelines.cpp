#include "renderers/mesh/mesh_pipelines.h"

#include "renderers/mesh/mesh_coverage.frag.spv.h"
#include "renderers/mesh/mesh_cutout.frag.spv.h"
#include "renderers/mesh/mesh_depth.vert.spv.h"
#include "renderers/mesh/mesh_geometry.h"
#include "renderers/mesh/mesh_lit.frag.spv.h"
#include "renderers/mesh/mesh_lit.vert.spv.h"
#include "renderers/mesh/mesh_unlit.frag.spv.h"
#include "renderers/mesh/mesh_unlit.vert.spv.h"

#include <cstddef>
#include <vector>

namespace diorama {
namespace {

struct Stages {
  ShaderCode vertex, fragment;
};

Stages stages_of(const MeshVariant& variant) {
  if (variant.kind == MeshPassKind::kDepth && variant.alpha_mode == AlphaMode::kOpaque) {
    return {{kMeshDepthVertSpirv, "mesh_depth.vert"}, {}};
  }
  if (variant.lit) return {{kMeshLitVertSpirv, "mesh_lit.vert"}, {kMeshLitFragSpirv, "mesh_lit.frag"}};
  const ShaderCode unlit_vertex{kMeshUnlitVertSpirv, "mesh_unlit.vert"};
  if (variant.kind == MeshPassKind::kDepth) return {unlit_vertex, {kMeshCutoutFragSpirv, "mesh_cutout.frag"}};
  if (variant.kind == MeshPassKind::kCoverage) return {unlit_vertex, {kMeshCoverageFragSpirv, "mesh_coverage.frag"}};
  return {unlit_vertex, {kMeshUnlitFragSpirv, "mesh_unlit.frag"}};
}

struct VertexInput {
  std::vector<VkVertexInputBindingDescription> bindings;
  std::vector<VkVertexInputAttributeDescription> attributes;

  // One binding; where the buffer is but a stand-in, every vertex reads its first element.
  void add(uint32_t binding, uint32_t stride, bool present) {
    bindings.push_back({binding, stride, present ? VK_VERTEX_INPUT_RATE_VERTEX : VK_VERTEX_INPUT_RATE_INSTANCE});
  }
};

VertexInput vertex_input(const MeshVariant& variant) {
  VertexInput input;
  input.add(0, sizeof(glm::vec3), true);
  input.attributes.push_back({0, 0, VK_FORMAT_R32G32B32_SFLOAT, 0});
  if (variant.kind == MeshPassKind::kDepth && variant.alpha_mode == AlphaMode::kOpaque) return input;
  input.add(1, sizeof(MeshAttributes), true);
  input.attributes.push_back({1, 1, VK_FORMAT_R16G16B16A16_UNORM, offsetof(MeshAttributes, color_linear)});
  input.attributes.push_back({2, 1, VK_FORMAT_R32G32_SFLOAT, offsetof(MeshAttributes, uv)});
  if (variant.lit) {
    input.add(2, sizeof(PackedNormal), true);
    input.attributes.push_back({3, 2, VK_FORMAT_R16G16B16A16_SNORM, 0});
    input.add(3, sizeof(PackedTangent), variant.normal_map);
    input.attributes.push_back({4, 3, VK_FORMAT_R16G16B16A16_SNORM, 0});
  }
  input.add(4, sizeof(glm::vec2), variant.second_uvs);
  input.attributes.push_back({5, 4, VK_FORMAT_R32G32_SFLOAT, 0});
  return input;
}

// Blended colour leaves alpha alone: a pass of its own marks the surface as covered.
VkPipelineColorBlendAttachmentState color_target(const MeshVariant& variant) {
  constexpr VkColorComponentFlags kRgb = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT;
  VkPipelineColorBlendAttachmentState state{};
  state.colorWriteMask = kRgb | VK_COLOR_COMPONENT_A_BIT;
  if (variant.kind == MeshPassKind::kCoverage) {
    state.colorWriteMask = VK_COLOR_COMPONENT_A_BIT;
  } else if (variant.kind == MeshPassKind::kTint) {
    state.colorWriteMask = kRgb;
    state.blendEnable = VK_TRUE;
    state.srcColorBlendFactor = VK_BLEND_FACTOR_ZERO;
    state.dstColorBlendFactor = VK_BLEND_FACTOR_SRC_COLOR;
  } else if (variant.transmits) {
    state.colorWriteMask = kRgb;
    state.blendEnable = VK_TRUE;
    state.srcColorBlendFactor = VK_BLEND_FACTOR_ONE;
    state.dstColorBlendFactor = VK_BLEND_FACTOR_ONE;
  } else if (variant.alpha_mode == AlphaMode::kBlend) {
    state.colorWriteMask = kRgb;
    state.blendEnable = VK_TRUE;
    state.srcColorBlendFactor = VK_BLEND_FACTOR_SRC_ALPHA;
    state.dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
    state.srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE;
  }
  return state;
}

}  // namespace

MeshVariant variant_for(const Material& material, const MeshInputs& inputs, MeshPassKind kind) {
  MeshVariant variant;
  variant.kind = kind;
  variant.double_sided = material.double_sided;
  variant.alpha_mode = material.alpha_mode;
  variant.transmits = material.transmits();
  const bool shades = kind == MeshPassKind::kColor || kind == MeshPassKind::kTint;
  const bool needs_color = shades || material.alpha_mode != AlphaMode::kOpaque;
  variant.base_texture = needs_color && material.base_color_texture.has_value();
  if (shades && !material.unlit) {
    variant.lit = true;
    variant.flat_normals = !inputs.normals;
    variant.maps = material.metallic_roughness_texture || material.occlusion_texture || material.emissive_texture;
    variant.normal_map = material.normal_texture && inputs.normals && inputs.tangents;
    variant.iridescent = material.iridescence > 0;
  }
  for (size_t slot = 0; slot < kTextureSlots; ++slot) {
    const bool read = slot == static_cast<size_t>(TextureSlot::kBaseColor) ? variant.base_texture : variant.lit;
    if (!read || !material.texture(static_cast<TextureSlot>(slot))) continue;
    variant.general_uvs |= material.uv[slot] != TextureUv{};
    variant.second_uvs |= material.uv[slot].set != 0;
  }
  return variant;
}

const Pipeline& MeshPipelines::get(const MeshVariant& variant) {
  const auto found = pipelines_.find(variant);
  if (found != pipelines_.end()) return found->second;
  const Stages stages = stages_of(variant);
  const bool depth_pass = variant.kind == MeshPassKind::kDepth;
  const bool blend = variant.alpha_mode == AlphaMode::kBlend || variant.transmits;
  const bool encode = passes_->options.shader_encodes && !blend;
  const auto flag = [](bool value) { return static_cast<uint32_t>(value); };
  const uint32_t transmission = !variant.transmits ? 0 : variant.kind == MeshPassKind::kTint ? 1 : 2;
  const uint32_t specialization[] = {static_cast<uint32_t>(variant.alpha_mode),
                                     flag(variant.base_texture),
                                     flag(variant.maps),
                                     flag(variant.flat_normals),
                                     flag(encode),
                                     flag(variant.general_uvs),
                                     flag(variant.normal_map),
                                     transmission,
                                     flag(variant.iridescent)};
  const VertexInput input = vertex_input(variant);
  const VkPipelineColorBlendAttachmentState target = color_target(variant);
  GraphicsPipelineOptions options;
  options.vertex = stages.vertex;
  options.fragment = stages.fragment;
  options.specialization = specialization;
  options.render_pass = depth_pass ? passes_->depth.get() : blend ? passes_->last() : passes_->color.get();
  options.samples = depth_pass ? VK_SAMPLE_COUNT_1_BIT : passes_->options.samples;
  options.shade_samples = !depth_pass && (blend || variant.alpha_mode != AlphaMode::kOpaque);
  options.vertex_bindings = input.bindings;
  options.vertex_attributes = input.attributes;
  options.cull = variant.double_sided ? VK_CULL_MODE_NONE : VK_CULL_MODE_BACK_BIT;
  options.depth_write = !blend;
  if (!depth_pass) options.color_targets = std::span(&target, 1);
  return pipelines_.emplace(variant, make_graphics_pipeline(*device_, options)).first->second;
}

}  // namespace diorama
