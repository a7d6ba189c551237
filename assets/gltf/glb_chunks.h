#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace diorama {

struct GlbChunks {
  std::string_view json;
  std::span<const std::byte> binary;  // empty when there is none
};

bool is_glb(std::span<const std::byte> bytes);

// Error kInvalidInput: cut or wrong lengths, no JSON chunk; kUnsupported: another version.
GlbChunks split_glb(std::span<const std::byte> bytes);

}  // namespace diorama
