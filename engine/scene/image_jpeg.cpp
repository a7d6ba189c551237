#include "engine/scene/image_codecs.h"

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

namespace diorama {
namespace {

// libjpeg reports errors through error_exit, here by longjmp. Every function that calls setjmp holds nothing with a
// destructor and changes no local afterwards; what must survive lives in the structs, whose owners are further up.

struct JpegError {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void on_error(j_common_ptr info) {
  auto* error = reinterpret_cast<JpegError*>(info->err);
  (*info->err->format_message)(info, error->message);
  std::longjmp(error->jump, 1);
}

// Most of libjpeg's warnings are damage (premature end, bad Huffman code): the picture would be half grey.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:  // padding between markers, which some cameras write
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
      return;
    default:
      on_error(info);
  }
}

jpeg_error_mgr* prepare(JpegError& error) {
  jpeg_error_mgr* manager = jpeg_std_error(&error.manager);
  manager->error_exit = on_error;
  manager->emit_message = on_message;
  return manager;
}

struct JpegReader {
  jpeg_decompress_struct info{};
  JpegError error{};
  std::span<const std::byte> bytes;

  // Delegates, so that the destructor runs when the header is damaged.
  explicit JpegReader(std::span<const std::byte> data) : JpegReader() {
    bytes = data;
    check(read_header());
    if (info.num_components == 4) {
      fail(ErrorCode::kUnsupported, "is a JPEG in CMYK, expected grey or RGB; save it as RGB");
    }
  }
  JpegReader() { info.err = prepare(error); }
  ~JpegReader() { jpeg_destroy_decompress(&info); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(error.jump)) return false;
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
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

  glm::ivec2 size() const { return checked_image_size(info.image_width, info.image_height); }
  // Of the picture, once it is sure that the file can hold it: a Huffman code has a bit, a block of 64 pixels a code.
  glm::ivec2 size_to_allocate() const {
    const glm::ivec2 size_px = size();
    const uint64_t pixels = static_cast<uint64_t>(size_px.x) * static_cast<uint64_t>(size_px.y);
    if (!info.arith_code && pixels / 512 > bytes.size()) fail_decode("JPEG", "the data ends early");
    return size_px;
  }
};

struct JpegWriter {
  jpeg_compress_struct info{};
  JpegError error{};
  unsigned char* buffer = nullptr;  // libjpeg's, by malloc
  unsigned long size = 0;

  JpegWriter() { info.err = prepare(error); }
  ~JpegWriter() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  bool write(const ImageRgba8& image, int quality) {
    if (setjmp(error.jump)) return false;
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
      const glm::u8vec4* pixels = image.row(static_cast<int>(info.next_scanline)).data();
      auto* row = reinterpret_cast<JSAMPROW>(const_cast<glm::u8vec4*>(pixels));  // read only, by an old interface
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

ImageInfo probe_jpeg(std::span<const std::byte> bytes) {
  const JpegReader reader(bytes);
  return {"jpeg", reader.size(), reader.info.num_components, 8};
}

ImageRgba8 decode_jpeg(std::span<const std::byte> bytes) {
  JpegReader reader(bytes);
  ImageRgba8 image(reader.size_to_allocate());
  reader.check(reader.read_rgba(image));
  return image;
}

std::vector<std::byte> encode_jpeg(const ImageRgba8& image, int quality) {
  DIO_CHECK(!image.empty() && quality >= 1 && quality <= 100);
  JpegWriter writer;
  if (!writer.write(image, quality)) {
    fail(ErrorCode::kIo, "a JPEG of {}x{} cannot be encoded: {}", image.width(), image.height(), writer.error.message);
  }
  const auto* begin = reinterpret_cast<const std::byte*>(writer.buffer);
  return {begin, begin + writer.size};
}

}  // namespace diorama
