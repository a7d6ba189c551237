#include "assets/gltf/accessor.h"

#include "assets/gltf/format.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace diorama {
namespace {

template <class T>
T load(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

// Calls body(T{}) with the component's C++ type.
template <class Body>
decltype(auto) with_component_type(int component_type, Body&& body) {
  switch (component_type) {
    case kGltfI8:
      return body(int8_t{});
    case kGltfU8:
      return body(uint8_t{});
    case kGltfI16:
      return body(int16_t{});
    case kGltfU16:
      return body(uint16_t{});
    case kGltfU32:
      return body(uint32_t{});
    default:
      DIO_CHECK(component_type == kGltfF32);
      return body(float{});
  }
}

template <class T>
float to_float(T value, bool normalized) {
  const auto plain = static_cast<float>(value);
  if (!normalized || std::is_same_v<T, float>) return plain;
  return std::max(plain / static_cast<float>(std::numeric_limits<T>::max()), -1.0f);
}

uint32_t load_unsigned(const std::byte* place, int component_type) {
  if (component_type == kGltfU8) return load<uint8_t>(place);
  if (component_type == kGltfU16) return load<uint16_t>(place);
  return load<uint32_t>(place);
}

bool is_unsigned(int component_type) {
  return component_type == kGltfU8 || component_type == kGltfU16 || component_type == kGltfU32;
}

uint32_t sparse_index(const GltfSparse& sparse, size_t i) {
  return load_unsigned(sparse.indices.bytes.data() + i * sparse.indices.stride, sparse.index_type);
}

// Position of the override for `id`; nothing if the element is not overridden.
std::optional<size_t> find_sparse(const GltfSparse& sparse, uint32_t id) {
  size_t low = 0, high = sparse.count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (sparse_index(sparse, middle) < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == sparse.count || sparse_index(sparse, low) != id) return std::nullopt;
  return low;
}

// First byte of an element; null for zeros.
const std::byte* element_at(const GltfAccessor& accessor, uint32_t id) {
  DIO_CHECK(id < accessor.count);
  if (accessor.sparse) {
    if (const auto i = find_sparse(*accessor.sparse, id)) {
      return accessor.sparse->values.bytes.data() + *i * accessor.sparse->values.stride;
    }
  }
  return accessor.view ? accessor.view->bytes.data() + id * accessor.view->stride : nullptr;
}

}  // namespace

size_t component_bytes(int component_type) {
  switch (component_type) {
    case kGltfI8:
    case kGltfU8:
      return 1;
    case kGltfI16:
    case kGltfU16:
      return 2;
    case kGltfU32:
    case kGltfF32:
      return 4;
    default:
      return 0;
  }
}

// Columns of small matrices would be padded; only MAT4 of floats is read, which is not.
size_t element_bytes(const GltfAccessor& accessor) {
  return component_bytes(accessor.component_type) * static_cast<size_t>(accessor.components);
}

void check_sparse_indices(const GltfSparse& sparse, const GltfAccessor& accessor) {
  if (!is_unsigned(sparse.index_type)) {
    fail(ErrorCode::kInvalidInput, "{}.sparse.indices are not unsigned", accessor.where);
  }
  for (size_t i = 0; i < sparse.count; ++i) {
    const uint32_t index = sparse_index(sparse, i);
    if (index >= accessor.count || (i > 0 && index <= sparse_index(sparse, i - 1))) {
      fail(ErrorCode::kInvalidInput, "{}.sparse.indices[{}] is {}, expected increasing numbers below {}",
           accessor.where, i, index, accessor.count);
    }
  }
}

std::vector<float> gather_floats(const GltfAccessor& accessor, int components, std::span<const uint32_t> ids) {
  if (accessor.components != components) {
    fail(ErrorCode::kInvalidInput, "{} has {} components, expected {}", accessor.where, accessor.components,
         components);
  }
  const auto width = static_cast<size_t>(components);
  std::vector<float> values(width * ids.size(), 0.0f);
  with_component_type(accessor.component_type, [&](auto kind) {
    using T = decltype(kind);
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::byte* element = element_at(accessor, ids[i]);
      if (element == nullptr) continue;
      for (size_t c = 0; c < width; ++c) {
        const float value = to_float(load<T>(element + c * sizeof(T)), accessor.normalized);
        if (!std::isfinite(value)) {
          fail(ErrorCode::kInvalidInput, "{} has a value that is not finite in element {}", accessor.where, ids[i]);
        }
        values[i * width + c] = value;
      }
    }
  });
  return values;
}

std::vector<uint32_t> read_indices(const GltfAccessor& accessor) {
  if (accessor.components != 1 || !is_unsigned(accessor.component_type)) {
    fail(ErrorCode::kInvalidInput, "{} is not made of unsigned scalars, as indices must be", accessor.where);
  }
  std::vector<uint32_t> indices(accessor.count, 0);
  for (size_t i = 0; i < indices.size(); ++i) {
    const std::byte* element = element_at(accessor, static_cast<uint32_t>(i));
    if (element != nullptr) indices[i] = load_unsigned(element, accessor.component_type);
  }
  return indices;
}

}  // namespace diorama
