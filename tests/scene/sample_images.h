#pragma once

#include "engine/scene/image.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace diorama {

// Files of kinds that the engine reads but does not write, by the libraries' own encoders.

struct PngSpec {
  int color_type = 0;  // PNG_COLOR_TYPE_*
  int bits = 8;
  bool interlaced = false;
  bool transparency = false;  // a tRNS chunk: the first palette entry clear, or grey/RGB value 0
  std::vector<glm::u8vec3> palette;
};
// Rows as the format stores them: packed, 16-bit samples big-endian.
std::vector<std::byte> make_png(const PngSpec& spec, glm::ivec2 size_px, const std::vector<std::string>& rows);

std::vector<std::byte> make_webp(const ImageRgba8& image, bool lossless);
std::vector<std::byte> make_grey_jpeg(glm::ivec2 size_px, uint8_t value);
std::vector<std::byte> make_cmyk_jpeg(glm::ivec2 size_px);

}  // namespace diorama
