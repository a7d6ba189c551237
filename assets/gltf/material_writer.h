#pragma once

#include "assets/asset.h"
#include "assets/gltf/glb_builder.h"

#include <string>
#include <vector>

namespace diorama {

// The texture with its picture as PNG and its sampler. Error kInvalidInput: it has no pixels.
void add_gltf_texture(GlbBuilder& builder, const Texture& texture);

// Error kInvalidInput: a value outside what glTF allows.
nlohmann::ordered_json gltf_material_json(const Material& material, const Asset& asset);

// The extensions that the asset's materials need, sorted.
std::vector<std::string> gltf_material_extensions(const Asset& asset);

}  // namespace diorama
