#pragma once

#include "engine/base/error.h"
#include "engine/scene/image.h"
#include "engine/scene/image_io.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace diorama {

// Inside engine/scene: one set of functions a file format, behind image_io.h. Errors as told there.

inline constexpr uint64_t kMaxImagePixels = uint64_t{1} << 28;

// The size that a header tells, before anything is allocated for it.
inline glm::ivec2 checked_image_size(uint64_t width, uint64_t height) {
  constexpr uint64_t kMax = kMaxImagePixels;
  if (width == 0 || height == 0 || width > kMax || height > kMax || width * height > kMax) {
    fail(ErrorCode::kInvalidInput, "the image header says {}x{} pixels, expected 1 to {} in all", width, height, kMax);
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

[[noreturn]] inline void fail_decode(const char* format, std::string_view reason) {
  fail(ErrorCode::kInvalidInput, "the {} data is damaged or cut ({}); take the file from its source again", format,
       reason);
}

ImageInfo probe_png(std::span<const std::byte> bytes);
ImageRgba8 decode_png(std::span<const std::byte> bytes);
ImageU16 decode_png_grey16(std::span<const std::byte> bytes);

ImageInfo probe_jpeg(std::span<const std::byte> bytes);
ImageRgba8 decode_jpeg(std::span<const std::byte> bytes);

ImageInfo probe_webp(std::span<const std::byte> bytes);
ImageRgba8 decode_webp(std::span<const std::byte> bytes);

}  // namespace diorama
