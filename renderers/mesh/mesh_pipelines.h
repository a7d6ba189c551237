#pragma once

#include "assets/asset.h"
#include "engine/gpu/pipeline.h"
#include "renderers/mesh/mesh_geometry.h"
#include "renderers/mesh/mesh_targets.h"

#include <compare>
#include <map>

namespace diorama {

// What a batch is drawn for.
enum class MeshPassKind {
  kColor,     // a transmitting surface's own light
  kTint,      // of transmitting surfaces: the share of what is behind them that comes through
  kCoverage,  // of blended surfaces: alpha 1 where they are
  kDepth,     // the depth pass
};

// What tells one pipeline from another.
struct MeshVariant {
  MeshPassKind kind = MeshPassKind::kColor;
  bool lit = false, base_texture = false, maps = false, flat_normals = false, double_sided = false;
  bool normal_map = false, general_uvs = false, second_uvs = false, transmits = false, iridescent = false;
  AlphaMode alpha_mode = AlphaMode::kOpaque;
  auto operator<=>(const MeshVariant&) const = default;
};

// The variant for a pass with the members that do not matter to it at their defaults.
MeshVariant variant_for(const Material& material, const MeshInputs& inputs, MeshPassKind kind);

// Pipelines by variant, made when first asked for.
class MeshPipelines {
 public:
  // The passes must stay.
  MeshPipelines(GpuDevice& device, const MeshPasses& passes) : device_(&device), passes_(&passes) {}

  const Pipeline& get(const MeshVariant& variant);

 private:
  GpuDevice* device_;
  const MeshPasses* passes_;
  std::map<MeshVariant, Pipeline> pipelines_;
};

}  // namespace diorama
