#pragma once

#include <glm/glm.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diorama {

// A decoded picture, 8 bits, chroma of half the size (rounded up); rows without padding. The codes are numbers in full
// range, not colours.
struct Picture420 {
  glm::ivec2 size_px{0};
  std::vector<uint8_t> luma, cb, cr;

  static Picture420 filled(glm::ivec2 size_px, uint8_t luma, uint8_t chroma) {
    const glm::ivec2 half = (size_px + 1) / 2;
    const auto count = [](glm::ivec2 size) { return static_cast<size_t>(size.x) * static_cast<size_t>(size.y); };
    return {size_px, std::vector<uint8_t>(count(size_px), luma), std::vector<uint8_t>(count(half), chroma),
            std::vector<uint8_t>(count(half), chroma)};
  }
  glm::ivec2 chroma_size_px() const { return (size_px + 1) / 2; }
  bool operator==(const Picture420&) const = default;
};

}  // namespace diorama
