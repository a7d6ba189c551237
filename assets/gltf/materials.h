#pragma once

#include "assets/asset.h"
#include "assets/gltf/document.h"

#include <glm/glm.hpp>

#include <vector>

namespace diorama {

// How a material wants its texture coordinates: which set, and KHR_texture_transform as (u, v, 1) -> (u, v).
struct GltfUvUse {
  uint64_t set = 0;
  glm::mat3x2 transform{1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f};
  bool operator==(const GltfUvUse&) const = default;
};

// All materials into `asset`, and the textures that they use; the result says for each material how to read TEXCOORD.
// What cannot be kept is told in asset.notes.
std::vector<GltfUvUse> read_materials(const GltfDocument& document, Asset& asset);

}  // namespace diorama
