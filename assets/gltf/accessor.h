#pragma once

#include "assets/gltf/document.h"

#include <glm/glm.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

size_t component_bytes(int component_type);  // 0 for a type that glTF does not have
size_t element_bytes(const GltfAccessor& accessor);

// Error kInvalidInput: not strictly increasing, past the accessor's end, or not unsigned.
void check_sparse_indices(const GltfSparse& sparse, const GltfAccessor& accessor);

// The elements named by `ids` (all < count), one after the other, as floats; integers are normalised where the accessor
// says so. Error kInvalidInput: another number of components than `components`, or a value that is not finite.
std::vector<float> gather_floats(const GltfAccessor& accessor, int components, std::span<const uint32_t> ids);

// Vertex indices: SCALAR u8, u16 or u32.
std::vector<uint32_t> read_indices(const GltfAccessor& accessor);

}  // namespace diorama
