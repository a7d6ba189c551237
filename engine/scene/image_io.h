#pragma once

#include "engine/scene/image.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// Reading and writing of image files: PNG, JPEG, WebP in and out. The kind is told by content, never by name.
// All readers: Error kInvalidInput for a wrong magic, truncation, zero size, or more than 2^28 pixels; the path is
// named by the path overloads.

struct ImageInfo {
  std::string format;  // "png", "jpeg", "webp"
  glm::ivec2 size_px{0};
  int channels = 0;  // 1, 2, 3, 4; alpha is there with 2 and 4
  int bits = 8;      // a channel
};

// From the header alone.
ImageInfo probe_image(std::span<const std::byte> bytes);
ImageInfo probe_image(const std::filesystem::path& path);

// 8-bit RGBA; grey is spread, a missing alpha is 255, 16-bit is scaled down.
ImageRgba8 decode_rgba8(std::span<const std::byte> bytes);
ImageRgba8 read_rgba8(const std::filesystem::path& path);

// One channel as stored: 16-bit or 8-bit grey PNG (8-bit values are kept as they are). Anything else is an Error.
ImageU16 decode_grey16(std::span<const std::byte> bytes);
ImageU16 read_grey16(const std::filesystem::path& path);

// PNG as RGB when every alpha is 255, else RGBA.
std::vector<std::byte> encode_png(const ImageRgba8& image);
std::vector<std::byte> encode_png(const ImageU16& image);
std::vector<std::byte> encode_png(const ImageU8& image);
// Alpha is dropped. quality 1..100, 4:4:4.
std::vector<std::byte> encode_jpeg(const ImageRgba8& image, int quality);
// Lossless in all four channels, colours below an alpha of 0 too. Error kInvalidInput: no pixels, an edge above 16383.
std::vector<std::byte> encode_webp(const ImageRgba8& image);

}  // namespace diorama
