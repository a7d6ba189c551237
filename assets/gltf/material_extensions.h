#pragma once

#include "assets/asset.h"
#include "assets/gltf/json_node.h"

#include <optional>
#include <string>
#include <vector>

namespace diorama {

std::optional<JsonNode> gltf_extension(const JsonNode& json, const char* name);

// A factor of a material. Error kInvalidInput: outside 0 to 1.
float gltf_unit_number(const JsonNode& json, const char* key, double absent);

// KHR_materials_*: unlit, emissive_strength, ior, transmission, volume and iridescence. Their textures are left out,
// and told in the notes. Error kInvalidInput: a value that the extension does not allow.
void read_material_extensions(const JsonNode& json, Material& material, std::vector<std::string>& notes);

}  // namespace diorama
