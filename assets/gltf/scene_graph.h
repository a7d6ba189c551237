#pragma once

#include "assets/gltf/document.h"

#include <glm/glm.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace diorama {

// A node with a mesh that the scene shows.
struct GltfInstance {
  size_t mesh = 0;
  std::optional<size_t> skin;
  std::vector<double> morph_weights;  // empty: the mesh's own
  std::string name;
  glm::dmat4 world_from_mesh{1.0};
};

struct GltfSkin {
  std::vector<glm::dmat4> world_from_bind;  // of each joint, at least one
};

struct GltfScene {
  std::vector<GltfInstance> instances;  // in the order of the tree
  std::vector<GltfSkin> skins;
};

// The file's scene (its first where it names none) at a time of one of its animations; without animations as it stands.
// Error kInvalidInput: nodes with two parents or in a circle, scene nodes that are not roots, and what sample_track
// refuses.
GltfScene scene_at(const GltfDocument& document, size_t animation, double time_s);

}  // namespace diorama
