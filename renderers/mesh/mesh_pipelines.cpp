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

namespace diorama {
namespace {

constexpr VkVertexInputBindingDescription kBindings[] = {
    {0, sizeof(glm::vec3), VK_VERTEX_INPUT_RATE_VERTEX},
    {1, sizeof(MeshAttributes), VK_VERTEX_INPUT_RATE_VERTEX},
    {2, sizeof(PackedNormal), VK_VERTEX_INPUT_RATE_VERTEX},
};
constexpr VkVertexInputAttributeDescription kAttributes[] = {
    {0, 0, VK_FORMAT_R32G32B32_SFLOAT, 0},
    {1, 1, VK_FORMAT_R16G16B16A16_UNORM, offsetof(MeshAttributes, color_linear)},
    {2, 1, VK_FORMAT_R32G32_SFLOAT, offsetof(MeshAttributes, uv)},
    {3, 2, VK_FORMAT_R16G16B16A16_SNORM, 0},
};

struct Stages {
  ShaderCode vertex, fragment;
  size_t bindings, attributes;  // how many of the above
};

Stages stages_of(const MeshVariant& variant) {
  if (variant.kind == MeshPassKind::kDepth && variant.alpha_mode == AlphaMode::kOpaque) {
    return {{kMeshDepthVertSpirv, "mesh_depth.vert"}, {}, 1, 1};
  }
  const ShaderCode unlit_vertex{kMeshUnlitVertSpirv, "mesh_unlit.vert"};
  if (variant.kind == MeshPassKind::kDepth) return {unlit_vertex, {kMeshCutoutFragSpirv, "mesh_cutout.frag"}, 2, 3};
  if (variant.kind == MeshPassKind::kCoverage) {
    return {unlit_vertex, {kMeshCoverageFragSpirv, "mesh_coverage.frag"}, 2, 3};
  }
  if (!variant.lit) return {unlit_vertex, {kMeshUnlitFragSpirv, "mesh_unlit.frag"}, 2, 3};
  return {{kMeshLitVertSpirv, "mesh_lit.vert"}, {kMeshLitFragSpirv, "mesh_lit.frag"}, 3, 4};
}

// Blended colour leaves alpha alone: a pass of its own marks the surface as covered.
VkPipelineColorBlendAttachmentState color_target(const MeshVariant& variant) {
  constexpr VkColorComponentFlags kRgb = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT | VK_COLOR_COMPONENT_B_BIT;
  VkPipelineColorBlendAttachmentState state{};
  state.colorWriteMask = kRgb | VK_COLOR_COMPONENT_A_BIT;
  if (variant.kind == MeshPassKind::kCoverage) {
    state.colorWriteMask = VK_COLOR_COMPONENT_A_BIT;
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

MeshVariant variant_for(const Material& material, bool flat_normals, MeshPassKind kind) {
  MeshVariant variant;
  variant.kind = kind;
  variant.double_sided = material.double_sided;
  variant.alpha_mode = material.alpha_mode;
  const bool needs_color = kind == MeshPassKind::kColor || material.alpha_mode != AlphaMode::kOpaque;
  variant.base_texture = needs_color && material.base_color_texture.has_value();
  if (kind != MeshPassKind::kColor || material.unlit) return variant;
  variant.lit = true;
  variant.flat_normals = flat_normals;
  variant.maps = material.metallic_roughness_texture || material.normal_texture || material.occlusion_texture ||
                 material.emissive_texture;
  return variant;
}

const Pipeline& MeshPipelines::get(const MeshVariant& variant) {
  const auto found = pipelines_.find(variant);
  if (found != pipelines_.end()) return found->second;
  const Stages stages = stages_of(variant);
  const bool depth_pass = variant.kind == MeshPassKind::kDepth;
  const bool blend = variant.alpha_mode == AlphaMode::kBlend;
  const bool encode = passes_->options.shader_encodes && !blend;
  const uint32_t specialization[] = {static_cast<uint32_t>(variant.alpha_mode), variant.base_texture ? 1u : 0u,
                                     variant.maps ? 1u : 0u, variant.flat_normals ? 1u : 0u, encode ? 1u : 0u};
  const VkPipelineColorBlendAttachmentState target = color_target(variant);
  GraphicsPipelineOptions options;
  options.vertex = stages.vertex;
  options.fragment = stages.fragment;
  options.specialization = specialization;
  options.render_pass = depth_pass ? passes_->depth.get() : blend ? passes_->last() : passes_->color.get();
  options.samples = depth_pass ? VK_SAMPLE_COUNT_1_BIT : passes_->options.samples;
  options.shade_samples = !depth_pass && variant.alpha_mode != AlphaMode::kOpaque;
  options.vertex_bindings = std::span(kBindings).first(stages.bindings);
  options.vertex_attributes = std::span(kAttributes).first(stages.attributes);
  options.cull = variant.double_sided ? VK_CULL_MODE_NONE : VK_CULL_MODE_BACK_BIT;
  options.depth_write = !blend;
  if (!depth_pass) options.color_targets = std::span(&target, 1);
  return pipelines_.emplace(variant, make_graphics_pipeline(*device_, options)).first->second;
}

}  // namespace diorama
