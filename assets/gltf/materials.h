#pragma once

#include "assets/asset.h"
#include "assets/gltf/document.h"

#include <glm/glm.hpp>

#include <optional>
#include <vector>

namespace diorama {

// What a material wants of its meshes' vertices.
struct GltfVertexUse {
  std::vector<uint64_t> uv_sets;          // which TEXCOORD become Mesh::uvs and second_uvs: at most two
  std::optional<TextureUv> tangents_for;  // the normal texture's coordinates: TANGENT, or made where it is absent
};

// All materials into `asset`, and the textures that they use; the result says for each material what to read of its
// meshes. What cannot be kept is told in asset.notes.
std::vector<GltfVertexUse> read_materials(const GltfDocument& document, Asset& asset);

}  // namespace diorama
