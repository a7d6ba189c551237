#pragma once

#include "assets/asset.h"
#include "assets/gltf/document.h"
#include "assets/gltf/scene_graph.h"

#include <string>

namespace diorama {

// Whether a primitive is a cloud of splats: it names KHR_gaussian_splatting.
bool is_splat_primitive(const JsonNode& primitive);

// Adds such a primitive to asset.splats, moved into the world. Reads the release candidate and its drafts (logarithms
// as scales, opacity and colour in COLOR_0, attributes _ROTATION and _SCALE), told in asset.notes. Error kUnsupported:
// a kernel, colour space, projection or compression that this build does not know, by name.
void read_splat_primitive(const GltfDocument& document, const JsonNode& primitive, const GltfInstance& instance,
                          const std::string& name, Asset& asset);

}  // namespace diorama
