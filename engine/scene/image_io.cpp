#include "engine/scene/image_io.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_codecs.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace diorama {
namespace {

enum class Format { kPng, kJpeg, kWebp };

Format format_of(std::span<const std::byte> bytes) {
  const auto starts_with = [&](size_t offset, std::string_view magic) {
    return bytes.size() >= offset + magic.size() && std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
  };
  if (starts_with(0, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  if (starts_with(0, "\xff\xd8\xff")) return Format::kJpeg;
  if (starts_with(0, "RIFF") && starts_with(8, "WEBP")) return Format::kWebp;
  if (bytes.empty()) fail(ErrorCode::kInvalidInput, "the image file is empty");
  const auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  fail(ErrorCode::kInvalidInput, "is not a PNG, JPEG or WebP image (first bytes {:02x})",
       fmt::join(begin, begin + std::min<size_t>(bytes.size(), 8), " "));
}

}  // namespace

ImageInfo probe_image(std::span<const std::byte> bytes) {
  switch (format_of(bytes)) {
    case Format::kPng:
      return probe_png(bytes);
    case Format::kJpeg:
      return probe_jpeg(bytes);
    case Format::kWebp:
      return probe_webp(bytes);
  }
  return {};
}

ImageInfo probe_image(const std::filesystem::path& path) {
  constexpr size_t kHeadBytes = size_t{1} << 18;
  return with_context(path, [&] {
    const std::vector<std::byte> head = read_file_head(path, kHeadBytes);
    try {
      return probe_image(head);
    } catch (const Error&) {
      if (head.size() < kHeadBytes) throw;
    }
    return probe_image(read_file(path));  // a JPEG may carry long thumbnails and profiles before its size
  });
}

ImageRgba8 decode_rgba8(std::span<const std::byte> bytes) {
  switch (format_of(bytes)) {
    case Format::kPng:
      return decode_png(bytes);
    case Format::kJpeg:
      return decode_jpeg(bytes);
    case Format::kWebp:
      return decode_webp(bytes);
  }
  return {};
}

ImageRgba8 read_rgba8(const std::filesystem::path& path) {
  return with_context(path, [&] { return decode_rgba8(read_file(path)); });
}

ImageU16 decode_grey16(std::span<const std::byte> bytes) {
  if (format_of(bytes) != Format::kPng) {
    fail(ErrorCode::kInvalidInput, "is not a PNG; depth and masks are read from grey PNG");
  }
  return decode_png_grey16(bytes);
}

ImageU16 read_grey16(const std::filesystem::path& path) {
  return with_context(path, [&] { return decode_grey16(read_file(path)); });
}

}  // namespace diorama
