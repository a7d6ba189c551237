#include "engine/scene/image_io.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace diorama {
namespace {

constexpr uint64_t kMaxPixels = uint64_t{1} << 28;

glm::ivec2 checked_size(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0 || width > kMaxPixels || height > kMaxPixels || width * height > kMaxPixels) {
    fail(ErrorCode::kInvalidInput, "the image header says {}x{} pixels, expected 1 to {} in all", width, height,
         kMaxPixels);
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

[[noreturn]] void fail_decode(const char* format, const std::string& reason) {
  fail(ErrorCode::kInvalidInput, "the {} data is damaged or cut ({}); take the file from its source again", format,
       reason);
}

enum class Format { kPng, kJpeg, kWebp };

Format format_of(std::span<const std::byte> bytes) {
  const auto starts_with = [&](size_t offset, std::string_view magic) {
    return bytes.size() >= offset + magic.size() && std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
  };
  if (starts_with(0, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  if (starts_with(0, "\xff\xd8\xff")) return Format::kJpeg;
  if (starts_with(0, "RIFF") && starts_with(8, "WEBP")) return Format::kWebp;
  if (bytes.empty()) fail(ErrorCode::kInvalidInput, "the image file is empty");
  fail(ErrorCode::kInvalidInput, "is not a PNG, JPEG or WebP image (first bytes {:02x})",
       fmt::join(reinterpret_cast<const unsigned char*>(bytes.data()),
                 reinterpret_cast<const unsigned char*>(bytes.data()) + std::min<size_t>(bytes.size(), 8), " "));
}

// --- PNG. libpng reports errors by longjmp; every object with a destructor lives outside the setjmp scope. ---

struct PngReader {
  std::span<const std::byte> rest;
  std::string error = "unknown error";
  png_structp png = nullptr;
  png_infop info = nullptr;

  explicit PngReader(std::span<const std::byte> bytes) : rest(bytes) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
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
  // Rows must point to memory of the row size that png_get_rowbytes tells after `expand_to_rgba8` or plain.
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
  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_image(png, rows);
    png_read_end(png, nullptr);
    return true;
  }
  void check(bool ok) const {
    if (!ok) fail_decode("PNG", error);
  }
  glm::ivec2 size() const { return checked_size(png_get_image_width(png, info), png_get_image_height(png, info)); }
};

template <class T>
void read_png_pixels(PngReader& reader, Image<T>& image) {
  DIO_CHECK(png_get_rowbytes(reader.png, reader.info) == sizeof(T) * static_cast<size_t>(image.width()));
  std::vector<png_bytep> rows(static_cast<size_t>(image.height()));
  for (int y = 0; y < image.height(); ++y) {
    rows[static_cast<size_t>(y)] = reinterpret_cast<png_bytep>(image.row(y).data());
  }
  reader.check(reader.read_rows(rows.data()));
}

ImageRgba8 decode_png(std::span<const std::byte> bytes) {
  PngReader reader(bytes);
  reader.check(reader.read_header());
  ImageRgba8 image(reader.size());
  reader.check(reader.expand_to_rgba8());
  read_png_pixels(reader, image);
  return image;
}

template <class T>
std::vector<std::byte> encode_png_rows(const Image<T>& image, int color_type, int bits, size_t row_bytes,
                                       const std::byte* pixels) {
  struct Writer {
    std::vector<std::byte> bytes;
    std::string error;
  } writer;
  png_structp png = png_create_write_struct(
      PNG_LIBPNG_VER_STRING, &writer,
      [](png_structp p, png_const_charp message) {
        static_cast<Writer*>(png_get_error_ptr(p))->error = message;
        png_longjmp(p, 1);
      },
      nullptr);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    fail(ErrorCode::kIo, "a PNG of {}x{} cannot be encoded: {}", image.width(), image.height(), writer.error);
  }
  png_set_write_fn(
      png, &writer,
      [](png_structp p, png_bytep data, size_t count) {
        auto& target = static_cast<Writer*>(png_get_io_ptr(p))->bytes;
        const auto* begin = reinterpret_cast<const std::byte*>(data);
        target.insert(target.end(), begin, begin + count);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width()), static_cast<png_uint_32>(image.height()), bits,
               color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 4);
  png_write_info(png, info);
  if (bits == 16) png_set_swap(png);
  for (int y = 0; y < image.height(); ++y) {
    png_write_row(png, reinterpret_cast<png_const_bytep>(pixels + static_cast<size_t>(y) * row_bytes));
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return std::move(writer.bytes);
}

// --- JPEG ---

struct JpegError {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void on_jpeg_error(j_common_ptr info) {
  auto* error = reinterpret_cast<JpegError*>(info->err);
  (*info->err->format_message)(info, error->message);
  std::longjmp(error->jump, 1);
}

// A warning in libjpeg is damage (premature end, bad Huffman code): the picture would be half grey.
void on_jpeg_message(j_common_ptr info, int level) {
  if (level < 0) on_jpeg_error(info);
}

struct JpegReader {
  jpeg_decompress_struct info{};
  JpegError error{};

  explicit JpegReader(std::span<const std::byte> bytes) {
    info.err = jpeg_std_error(&error.manager);
    error.manager.error_exit = on_jpeg_error;
    error.manager.emit_message = on_jpeg_message;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  ~JpegReader() { jpeg_destroy_decompress(&info); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(error.jump)) return false;
    jpeg_read_header(&info, TRUE);
    return true;
  }
  bool read_rgba(ImageRgba8& image) {
    if (setjmp(error.jump)) return false;
    info.out_color_space = JCS_EXT_RGBA;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      auto* row = reinterpret_cast<JSAMPROW>(image.row(static_cast<int>(info.output_scanline)).data());
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    return true;
  }
  void check(bool ok) const {
    if (!ok) fail_decode("JPEG", error.message);
  }
};

ImageRgba8 decode_jpeg(std::span<const std::byte> bytes) {
  JpegReader reader(bytes);
  reader.check(reader.read_header());
  ImageRgba8 image(checked_size(reader.info.image_width, reader.info.image_height));
  reader.check(reader.read_rgba(image));
  return image;
}

// --- WebP ---

WebPBitstreamFeatures webp_features(std::span<const std::byte> bytes) {
  WebPBitstreamFeatures features;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) fail_decode("WebP", "bad header");
  if (features.has_animation) fail(ErrorCode::kUnsupported, "is an animated WebP, expected a still image");
  return features;
}

ImageRgba8 decode_webp(std::span<const std::byte> bytes) {
  const WebPBitstreamFeatures features = webp_features(bytes);
  ImageRgba8 image(checked_size(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height)));
  const auto pixels = image.pixels();
  const uint8_t* done = WebPDecodeRGBAInto(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                                           reinterpret_cast<uint8_t*>(pixels.data()), pixels.size_bytes(),
                                           static_cast<int>(sizeof(glm::u8vec4)) * image.width());
  if (done == nullptr) fail_decode("WebP", "the data ends early");
  return image;
}

}  // namespace

ImageInfo probe_image(std::span<const std::byte> bytes) {
  switch (format_of(bytes)) {
    case Format::kPng: {
      PngReader reader(bytes);
      reader.check(reader.read_header());
      const bool palette = png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE;
      const bool keyed = png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
      const int stored = palette ? 3 : png_get_channels(reader.png, reader.info);
      return {"png", reader.size(), stored + (keyed ? 1 : 0), png_get_bit_depth(reader.png, reader.info)};
    }
    case Format::kJpeg: {
      JpegReader reader(bytes);
      reader.check(reader.read_header());
      return {"jpeg", checked_size(reader.info.image_width, reader.info.image_height), reader.info.num_components, 8};
    }
    case Format::kWebp: {
      const WebPBitstreamFeatures features = webp_features(bytes);
      const auto width = static_cast<uint64_t>(features.width), height = static_cast<uint64_t>(features.height);
      return {"webp", checked_size(width, height), features.has_alpha ? 4 : 3, 8};
    }
  }
  return {};
}

ImageInfo probe_image(const std::filesystem::path& path) {
  // Headers come first, but a JPEG may carry a long thumbnail before its size.
  return with_context(path, [&] { return probe_image(read_file_head(path, size_t{1} << 18)); });
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
  if (format_of(bytes) != Format::kPng) fail(ErrorCode::kInvalidInput, "is not a PNG; depth is read from 16-bit PNG");
  PngReader reader(bytes);
  reader.check(reader.read_header());
  const int bits = png_get_bit_depth(reader.png, reader.info);
  if (png_get_color_type(reader.png, reader.info) != PNG_COLOR_TYPE_GRAY || bits < 8) {
    fail(ErrorCode::kInvalidInput, "has {} channels of {} bits, expected one grey channel of 8 or 16 bits",
         static_cast<int>(png_get_channels(reader.png, reader.info)), bits);
  }
  const glm::ivec2 size = reader.size();
  reader.check(reader.keep_as_stored());
  ImageU16 image(size);
  if (bits == 16) {
    read_png_pixels(reader, image);
  } else {
    ImageU8 narrow(size);
    read_png_pixels(reader, narrow);
    std::copy(narrow.pixels().begin(), narrow.pixels().end(), image.pixels().begin());
  }
  return image;
}

ImageU16 read_grey16(const std::filesystem::path& path) {
  return with_context(path, [&] { return decode_grey16(read_file(path)); });
}

std::vector<std::byte> encode_png(const ImageRgba8& image) {
  const auto pixels = image.pixels();
  const bool opaque = std::all_of(pixels.begin(), pixels.end(), [](glm::u8vec4 p) { return p.a == 255; });
  const auto width = static_cast<size_t>(image.width());
  if (!opaque) {
    return encode_png_rows(image, PNG_COLOR_TYPE_RGB_ALPHA, 8, width * 4, std::as_bytes(pixels).data());
  }
  std::vector<glm::u8vec3> rgb(pixels.size());
  std::transform(pixels.begin(), pixels.end(), rgb.begin(), [](glm::u8vec4 p) { return glm::u8vec3(p); });
  return encode_png_rows(image, PNG_COLOR_TYPE_RGB, 8, width * 3, std::as_bytes(std::span(rgb)).data());
}

std::vector<std::byte> encode_png(const ImageU16& image) {
  return encode_png_rows(image, PNG_COLOR_TYPE_GRAY, 16, static_cast<size_t>(image.width()) * 2,
                         std::as_bytes(image.pixels()).data());
}

std::vector<std::byte> encode_png(const ImageU8& image) {
  return encode_png_rows(image, PNG_COLOR_TYPE_GRAY, 8, static_cast<size_t>(image.width()),
                         std::as_bytes(image.pixels()).data());
}

std::vector<std::byte> encode_jpeg(const ImageRgba8& image, int quality) {
  DIO_CHECK(!image.empty() && quality >= 1 && quality <= 100);
  jpeg_compress_struct info{};
  JpegError error{};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  info.err = jpeg_std_error(&error.manager);
  error.manager.error_exit = on_jpeg_error;
  if (setjmp(error.jump)) {
    jpeg_destroy_compress(&info);
    std::free(buffer);
    fail(ErrorCode::kIo, "a JPEG of {}x{} cannot be encoded: {}", image.width(), image.height(), error.message);
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width());
  info.image_height = static_cast<JDIMENSION>(image.height());
  info.input_components = 4;
  info.in_color_space = JCS_EXT_RGBA;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row =
        reinterpret_cast<JSAMPROW>(const_cast<glm::u8vec4*>(image.row(static_cast<int>(info.next_scanline)).data()));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const auto* begin = reinterpret_cast<const std::byte*>(buffer);
  std::vector<std::byte> bytes(begin, begin + size);
  std::free(buffer);
  return bytes;
}

}  // namespace diorama
