#pragma once

#include <glm/glm.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

// A glTF binary file in two pieces, so that writing needs no second copy of the payload.
struct GlbFile {
  std::vector<std::byte> head;    // file header, JSON chunk, header of the binary chunk
  std::vector<std::byte> binary;  // payload of the binary chunk, a multiple of 4 bytes
};

// Grows a glTF document: bytes go to the binary chunk, buffer views and accessors to the JSON. Every view starts at a
// multiple of 4 bytes.
class GlbBuilder {
 public:
  nlohmann::ordered_json& json() { return json_; }

  size_t add_view(std::span<const std::byte> bytes, std::optional<int> target);

  // Vertex attributes and indices; all return the accessor's index.
  size_t add_positions(std::span<const glm::vec3> positions);  // with min and max
  size_t add_vectors(std::span<const glm::vec3> vectors);
  size_t add_vectors(std::span<const glm::vec4> vectors);
  size_t add_scalars(std::span<const float> scalars);
  size_t add_uvs(std::span<const glm::vec2> uvs);
  size_t add_colors(std::span<const glm::vec4> colors_linear);                     // normalised u16
  size_t add_indices(std::span<const glm::uvec3> triangles, size_t vertex_count);  // u16 where the vertices allow

  // Appends to the array at the root, made on its first element; returns the element's index.
  size_t append(const char* array, nlohmann::ordered_json element);

  // Error kUnsupported: more than the 4 GiB - 1 that the format's 32-bit lengths can tell.
  GlbFile finish();

 private:
  size_t add_accessor(size_t view, int component_type, size_t count, const char* type);

  nlohmann::ordered_json json_;
  std::vector<std::byte> binary_;
};

}  // namespace diorama
