#include "engine/scene/image_codecs.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>

namespace diorama {
namespace {

// libpng reports errors by longjmp. Every function that calls setjmp holds nothing with a destructor and changes no
// local afterwards; what must survive lives in the structs, whose owners are further up.

struct PngReader {
  std::span<const std::byte> rest;
  size_t total_bytes = 0;
  std::string error = "unknown error";
  png_structp png = nullptr;
  png_infop info = nullptr;

  // Delegates, so that the destructor runs when the header is damaged.
  explicit PngReader(std::span<const std::byte> bytes) : PngReader() {
    rest = bytes;
    total_bytes = bytes.size();
    check(info != nullptr && read_header());
  }
  PngReader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    DIO_CHECK(png != nullptr);
    info = png_create_info_struct(png);
    png_set_read_fn(png, this, on_read);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  }
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  static void on_error(png_structp png_struct, png_const_charp message) {
    static_cast<PngReader*>(png_get_error_ptr(png_struct))->error = message;
    png_longjmp(png_struct, 1);
  }
  static void on_read(png_structp png_struct, png_bytep target, size_t count) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png_struct));
    if (self.rest.size() < count) png_error(png_struct, "the data ends early");
    std::memcpy(target, self.rest.data(), count);
    self.rest = self.rest.subspan(count);
  }

  bool read_header() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_info(png, info);
    return true;
  }
  bool expand_to_rgba8() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_filler(png, 0xff, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return true;
  }
  bool keep_as_stored() {
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return true;
  }
  // Rows of the size that png_get_rowbytes tells after one of the two above.
  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_image(png, rows);
    png_read_end(png, nullptr);
    return true;
  }
  void check(bool ok) const {
    if (!ok) fail_decode("PNG", error);
  }

  glm::ivec2 size() const {
    return checked_image_size(png_get_image_width(png, info), png_get_image_height(png, info));
  }
  // Of the picture, once it is sure that the file can hold that many pixels: deflate packs at most 1032 bytes in one.
  glm::ivec2 size_to_allocate() const {
    const glm::ivec2 size_px = size();
    const uint64_t raw_bytes = static_cast<uint64_t>(png_get_rowbytes(png, info)) * static_cast<uint64_t>(size_px.y);
    if (raw_bytes / 1032 > total_bytes) fail_decode("PNG", "the data ends early");
    return size_px;
  }
};

template <class T>
Image<T> read_png_pixels(PngReader& reader, glm::ivec2 size_px) {
  Image<T> image(size_px);
  DIO_CHECK(png_get_rowbytes(reader.png, reader.info) == sizeof(T) * static_cast<size_t>(image.width()));
  std::vector<png_bytep> rows(static_cast<size_t>(image.height()));
  for (int y = 0; y < image.height(); ++y) {
    rows[static_cast<size_t>(y)] = reinterpret_cast<png_bytep>(image.row(y).data());
  }
  reader.check(reader.read_rows(rows.data()));
  return image;
}

struct PngWriter {
  std::vector<std::byte> bytes;
  std::string error = "unknown error";
  png_structp png = nullptr;
  png_infop info = nullptr;

  PngWriter() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, nullptr);
    DIO_CHECK(png != nullptr);
    info = png_create_info_struct(png);
    png_set_write_fn(png, this, on_write, [](png_structp) {});
  }
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  static void on_error(png_structp png_struct, png_const_charp message) {
    static_cast<PngWriter*>(png_get_error_ptr(png_struct))->error = message;
    png_longjmp(png_struct, 1);
  }
  static void on_write(png_structp png_struct, png_bytep data, size_t count) {
    auto& target = static_cast<PngWriter*>(png_get_io_ptr(png_struct))->bytes;
    const auto* begin = reinterpret_cast<const std::byte*>(data);
    target.insert(target.end(), begin, begin + count);
  }

  bool write(glm::ivec2 size_px, int color_type, int bits, png_const_bytep pixels, size_t row_bytes) {
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_IHDR(png, info, static_cast<png_uint_32>(size_px.x), static_cast<png_uint_32>(size_px.y), bits, color_type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 4);
    png_write_info(png, info);
    if (bits == 16) png_set_swap(png);
    for (int y = 0; y < size_px.y; ++y) png_write_row(png, pixels + static_cast<size_t>(y) * row_bytes);
    png_write_end(png, nullptr);
    return true;
  }
};

template <class T>
std::vector<std::byte> encode_rows(glm::ivec2 size_px, std::span<const T> pixels, int color_type, int bits) {
  DIO_CHECK(!pixels.empty());
  PngWriter writer;
  const auto* data = reinterpret_cast<png_const_bytep>(pixels.data());
  if (!writer.write(size_px, color_type, bits, data, sizeof(T) * static_cast<size_t>(size_px.x))) {
    fail(ErrorCode::kIo, "a PNG of {}x{} cannot be encoded: {}", size_px.x, size_px.y, writer.error);
  }
  return std::move(writer.bytes);
}

}  // namespace

ImageInfo probe_png(std::span<const std::byte> bytes) {
  const PngReader reader(bytes);
  const bool palette = png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE;
  const bool keyed = png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
  const int stored = palette ? 3 : png_get_channels(reader.png, reader.info);
  return {"png", reader.size(), stored + (keyed ? 1 : 0), png_get_bit_depth(reader.png, reader.info)};
}

ImageRgba8 decode_png(std::span<const std::byte> bytes) {
  PngReader reader(bytes);
  const glm::ivec2 size_px = reader.size_to_allocate();
  reader.check(reader.expand_to_rgba8());
  return read_png_pixels<glm::u8vec4>(reader, size_px);
}

ImageU16 decode_png_grey16(std::span<const std::byte> bytes) {
  PngReader reader(bytes);
  const int bits = png_get_bit_depth(reader.png, reader.info);
  if (png_get_color_type(reader.png, reader.info) != PNG_COLOR_TYPE_GRAY || bits < 8) {
    fail(ErrorCode::kInvalidInput, "the PNG has {} channels of {} bits, expected one grey channel of 8 or 16 bits",
         static_cast<int>(png_get_channels(reader.png, reader.info)), bits);
  }
  const glm::ivec2 size_px = reader.size_to_allocate();
  reader.check(reader.keep_as_stored());
  if (bits == 16) return read_png_pixels<uint16_t>(reader, size_px);
  const ImageU8 narrow = read_png_pixels<uint8_t>(reader, size_px);
  ImageU16 image(size_px);
  std::copy(narrow.pixels().begin(), narrow.pixels().end(), image.pixels().begin());
  return image;
}

std::vector<std::byte> encode_png(const ImageRgba8& image) {
  const auto pixels = image.pixels();
  const bool opaque = std::all_of(pixels.begin(), pixels.end(), [](glm::u8vec4 p) { return p.a == 255; });
  if (!opaque) return encode_rows(image.size_px(), pixels, PNG_COLOR_TYPE_RGB_ALPHA, 8);
  std::vector<glm::u8vec3> rgb(pixels.size());
  std::transform(pixels.begin(), pixels.end(), rgb.begin(), [](glm::u8vec4 p) { return glm::u8vec3(p); });
  return encode_rows<glm::u8vec3>(image.size_px(), rgb, PNG_COLOR_TYPE_RGB, 8);
}

std::vector<std::byte> encode_png(const ImageU16& image) {
  return encode_rows(image.size_px(), image.pixels(), PNG_COLOR_TYPE_GRAY, 16);
}

std::vector<std::byte> encode_png(const ImageU8& image) {
  return encode_rows(image.size_px(), image.pixels(), PNG_COLOR_TYPE_GRAY, 8);
}

}  // namespace diorama
