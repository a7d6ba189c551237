#include "tests/scene/sample_images.h"

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include <cstdio>
#include <cstdlib>

namespace diorama {
namespace {

void append(png_structp png, png_bytep data, size_t count) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + count);
}

std::vector<std::byte> owned(unsigned char* data, size_t count, void (*release)(void*)) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(begin, begin + count);
  release(data);
  return bytes;
}

std::vector<std::byte> make_jpeg(glm::ivec2 size_px, int channels, J_COLOR_SPACE space, uint8_t value) {
  jpeg_compress_struct info{};
  jpeg_error_mgr error{};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  info.err = jpeg_std_error(&error);
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(size_px.x);
  info.image_height = static_cast<JDIMENSION>(size_px.y);
  info.input_components = channels;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  std::vector<JSAMPLE> row(static_cast<size_t>(size_px.x * channels), value);
  JSAMPROW rows[] = {row.data()};
  while (info.next_scanline < info.image_height) jpeg_write_scanlines(&info, rows, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return owned(buffer, size, std::free);
}

}  // namespace

std::vector<std::byte> make_png(const PngSpec& spec, glm::ivec2 size_px, const std::vector<std::string>& rows) {
  std::vector<std::byte> bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(size_px.x), static_cast<png_uint_32>(size_px.y), spec.bits,
               spec.color_type, spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  for (const glm::u8vec3& entry : spec.palette) palette.push_back({entry.r, entry.g, entry.b});
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  const png_byte clear[] = {0};
  const png_color_16 key{};
  if (spec.transparency)
    png_set_tRNS(png, info, palette.empty() ? nullptr : clear, 1, palette.empty() ? &key : nullptr);
  png_write_info(png, info);
  std::vector<std::string> copies = rows;
  std::vector<png_bytep> pointers;
  for (std::string& row : copies) pointers.push_back(reinterpret_cast<png_bytep>(row.data()));
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::vector<std::byte> make_webp(const ImageRgba8& image, bool lossless) {
  const auto* pixels = reinterpret_cast<const uint8_t*>(image.pixels().data());
  const int width = image.width(), height = image.height();
  uint8_t* data = nullptr;
  const size_t size = lossless ? WebPEncodeLosslessRGBA(pixels, width, height, 4 * width, &data)
                               : WebPEncodeRGBA(pixels, width, height, 4 * width, 90, &data);
  return owned(data, size, WebPFree);
}

std::vector<std::byte> make_grey_jpeg(glm::ivec2 size_px, uint8_t value) {
  return make_jpeg(size_px, 1, JCS_GRAYSCALE, value);
}

std::vector<std::byte> make_cmyk_jpeg(glm::ivec2 size_px) {
  return make_jpeg(size_px, 4, JCS_CMYK, 100);
}

}  // namespace diorama
