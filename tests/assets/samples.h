#pragma once

#include "assets/asset.h"
#include "assets/gltf/glb_builder.h"

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// One unlit triangle with normals and vertex colours, without a record.
Asset triangle_asset();

// Two parts, every kind of texture, all material fields, and a record whose motion turns -Y up into +Y.
Asset rich_asset();

// Root node's motion of rich_asset: half a turn about x and a translation.
Rigid turned_up();

// A cloud of pseudo-random splats of this SH degree: sound, none on a limit of its values.
SplatCloud random_splats(size_t count, int sh_degree);

// Two clouds (SH degrees 3 and 1), a mesh, and a record with a motion, fitted with anti-aliasing.
Asset splat_asset();

// A glTF document in the making: a triangle (0,0,0) (1,0,0) (0,1,0) as accessor 0, mesh 0, and node 0 in the scene.
class SampleGltf {
 public:
  SampleGltf();

  nlohmann::ordered_json& json() { return builder_.json(); }
  nlohmann::ordered_json& primitive() { return json()["meshes"][0]["primitives"][0]; }

  // Appends a view and an accessor over the values; returns the index of both.
  template <class T>
  size_t add(std::vector<T> values, int component_type, const char* type, size_t count, bool normalized = false) {
    return add_bytes(std::as_bytes(std::span(values)), component_type, type, count, normalized);
  }
  size_t add_floats(std::vector<float> values, const char* type, size_t count) {
    return add(std::move(values), 5126, type, count);
  }

  std::vector<std::byte> glb() const;
  Asset parsed() const;

  // Makes the primitive a cloud of three splats of SH degree 1 at the triangle's corners.
  void make_splats();

 private:
  size_t add_bytes(std::span<const std::byte> bytes, int component_type, const char* type, size_t count,
                   bool normalized);

  GlbBuilder builder_;
};

// A .glb of this JSON and these bytes, right in its lengths whatever the JSON says.
std::vector<std::byte> glb_of(std::string json, std::vector<std::byte> binary = {});

std::string hex_of(std::span<const std::byte> bytes);

// The two chunks of a .glb.
std::string json_of(const std::vector<std::byte>& glb);
std::vector<std::byte> binary_of(const std::vector<std::byte>& glb);

}  // namespace diorama
