#pragma once

#include "assets/asset.h"
#include "assets/gltf/materials.h"
#include "assets/gltf/scene_graph.h"

#include <vector>

namespace diorama {

// Adds what an instance of a mesh draws to asset.meshes and asset.splats: morphed, skinned and moved into the world,
// only the vertices that its triangles use. Plain points and lines are told in asset.notes. `vertex_uses` stand
// beside the file's materials.
void read_instance(const GltfDocument& document, const JsonNode& mesh, const GltfInstance& instance,
                   const std::vector<GltfSkin>& skins, const std::vector<GltfVertexUse>& vertex_uses, Asset& asset);

}  // namespace diorama
