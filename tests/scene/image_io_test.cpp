#include "engine/scene/image_io.h"

#include "engine/base/file.h"
#include "engine/base/random.h"
#include "tests/expect_error.h"
#include "tests/scene/sample_images.h"
#include "tests/test_data.h"

#include <png.h>

#include <cmath>
#include <cstring>

namespace diorama {
namespace {

ImageRgba8 gradient(glm::ivec2 size_px, int alpha) {
  ImageRgba8 image(size_px);
  for (int y = 0; y < size_px.y; ++y) {
    for (int x = 0; x < size_px.x; ++x) image.at(x, y) = {x * 5 & 255, y * 7 & 255, (x + y) * 3 & 255, alpha};
  }
  return image;
}

template <class T>
bool same(const Image<T>& a, const Image<T>& b) {
  return a.size_px() == b.size_px() && std::equal(a.pixels().begin(), a.pixels().end(), b.pixels().begin());
}

// Largest difference of two channels' values.
int difference(const ImageRgba8& a, const ImageRgba8& b) {
  int largest = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    const glm::ivec4 d = glm::abs(glm::ivec4(a.pixels()[i]) - glm::ivec4(b.pixels()[i]));
    largest = std::max({largest, d.x, d.y, d.z, d.w});
  }
  return largest;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(ImageIo, PngKeepsEveryPixel) {
  for (const int alpha : {255, 100}) {
    const ImageRgba8 image = gradient({37, 23}, alpha);
    const auto png = encode_png(image);
    EXPECT_TRUE(same(decode_rgba8(png), image));
    const ImageInfo info = probe_image(png);
    EXPECT_EQ(info.format, "png");
    EXPECT_EQ(info.size_px, glm::ivec2(37, 23));
    EXPECT_EQ(info.channels, alpha == 255 ? 3 : 4);
    EXPECT_EQ(info.bits, 8);
  }
}

TEST(ImageIo, Depth16PngKeepsEveryValue) {
  Random random(1);
  ImageU16 image({50, 31});
  for (uint16_t& value : image.pixels()) value = static_cast<uint16_t>(random.next());
  image.at(0, 0) = 0;
  image.at(1, 0) = 65535;
  image.at(2, 0) = 0x0102;  // a swap of bytes would show
  const auto png = encode_png(image);
  EXPECT_TRUE(same(decode_grey16(png), image));
  EXPECT_EQ(probe_image(png).bits, 16);
  EXPECT_EQ(probe_image(png).channels, 1);
  EXPECT_EQ(decode_rgba8(png).at(1, 0), glm::u8vec4(255));
}

TEST(ImageIo, Grey8PngKeepsItsValuesUnscaled) {
  ImageU8 image({3, 1});
  image.at(1, 0) = 7;
  image.at(2, 0) = 255;
  const ImageU16 read = decode_grey16(encode_png(image));
  EXPECT_EQ(read.at(1, 0), 7);
  EXPECT_EQ(read.at(2, 0), 255);
}

TEST(ImageIo, EveryKindOfPngBecomesRgba) {
  const std::string bits("\x60", 1);  // 1-bit: 0 1 1
  EXPECT_EQ(decode_rgba8(make_png({PNG_COLOR_TYPE_GRAY, 1}, {3, 1}, {bits})).at(1, 0), glm::u8vec4(255));
  EXPECT_EQ(decode_rgba8(make_png({PNG_COLOR_TYPE_GRAY, 4}, {2, 1}, {"\x3f"})).at(0, 0), glm::u8vec4(51, 51, 51, 255));
  EXPECT_EQ(decode_rgba8(make_png({PNG_COLOR_TYPE_GRAY_ALPHA, 8}, {1, 1}, {"\x40\x80"})).at(0, 0),
            glm::u8vec4(64, 64, 64, 128));
  EXPECT_EQ(decode_rgba8(make_png({PNG_COLOR_TYPE_RGB, 16}, {1, 1}, {"\xff\xff\x80\x80\x01\x01"})).at(0, 0),
            glm::u8vec4(255, 128, 1, 255));
  EXPECT_EQ(
      decode_rgba8(make_png({PNG_COLOR_TYPE_RGB_ALPHA, 16}, {1, 1}, {"\xff\xff\x80\x80\x01\x01\x20\x20"})).at(0, 0),
      glm::u8vec4(255, 128, 1, 32));
}

TEST(ImageIo, PaletteAndItsTransparencyAreResolved) {
  const PngSpec spec{PNG_COLOR_TYPE_PALETTE, 2, false, true, {{1, 2, 3}, {40, 50, 60}, {7, 8, 9}}};
  const auto png = make_png(spec, {3, 1}, {"\x18"});  // entries 0 1 2
  const ImageRgba8 image = decode_rgba8(png);
  EXPECT_EQ(image.at(0, 0), glm::u8vec4(1, 2, 3, 0));
  EXPECT_EQ(image.at(1, 0), glm::u8vec4(40, 50, 60, 255));
  EXPECT_EQ(image.at(2, 0), glm::u8vec4(7, 8, 9, 255));
  EXPECT_EQ(probe_image(png).channels, 4);
}

TEST(ImageIo, ColourKeyIsTransparent) {
  const auto png = make_png({PNG_COLOR_TYPE_GRAY, 8, false, true, {}}, {2, 1}, {std::string("\0\x09", 2)});
  EXPECT_EQ(decode_rgba8(png).at(0, 0), glm::u8vec4(0));
  EXPECT_EQ(decode_rgba8(png).at(1, 0), glm::u8vec4(9, 9, 9, 255));
}

TEST(ImageIo, InterlacedPngIsRead) {
  std::vector<std::string> rows(9, std::string(9, '\0'));
  for (int i = 0; i < 81; ++i) rows[static_cast<size_t>(i / 9)][static_cast<size_t>(i % 9)] = static_cast<char>(i);
  const ImageU16 image = decode_grey16(make_png({PNG_COLOR_TYPE_GRAY, 8, true}, {9, 9}, rows));
  for (int i = 0; i < 81; ++i) EXPECT_EQ(image.at(i % 9, i / 9), i);
}

TEST(ImageIo, DepthOfTheWrongKindIsAnError) {
  const ErrorCode code = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(decode_grey16(encode_png(gradient({4, 4}, 255))), code, "3 channels of 8 bits, expected one grey");
  DIO_EXPECT_ERROR(decode_grey16(make_png({PNG_COLOR_TYPE_GRAY, 1}, {3, 1}, {"\x60"})), code, "1 channels of 1 bits");
  DIO_EXPECT_ERROR(decode_grey16(encode_jpeg(gradient({4, 4}, 255), 90)), code, "is not a PNG");
}

TEST(ImageIo, JpegComesCloseAndDropsAlpha) {
  ImageRgba8 image({40, 30});
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) image.at(x, y) = {100 + x, 50 + 2 * y, 200 - x, 255};
  }
  const auto jpeg = encode_jpeg(image, 95);
  EXPECT_LE(difference(decode_rgba8(jpeg), image), 6);  // a smooth picture at quality 95: a few levels
  EXPECT_EQ(probe_image(jpeg).format, "jpeg");
  EXPECT_EQ(probe_image(jpeg).size_px, glm::ivec2(40, 30));
  EXPECT_EQ(probe_image(jpeg).channels, 3);
  ImageRgba8 clear = image;
  for (glm::u8vec4& pixel : clear.pixels()) pixel.a = 0;
  EXPECT_EQ(encode_jpeg(clear, 95), jpeg);
  EXPECT_LT(encode_jpeg(image, 20).size(), jpeg.size());
}

TEST(ImageIo, GreyJpegIsSpread) {
  const auto jpeg = make_grey_jpeg({9, 5}, 77);
  EXPECT_EQ(decode_rgba8(jpeg).at(8, 4), glm::u8vec4(77, 77, 77, 255));
  EXPECT_EQ(probe_image(jpeg).channels, 1);
}

TEST(ImageIo, CmykJpegIsRefusedByName) {
  DIO_EXPECT_ERROR(decode_rgba8(make_cmyk_jpeg({8, 8})), ErrorCode::kUnsupported, "CMYK");
}

TEST(ImageIo, WebpIsRead) {
  const ImageRgba8 image = gradient({33, 17}, 200);
  const auto exact = make_webp(image, true);
  EXPECT_TRUE(same(decode_rgba8(exact), image));
  EXPECT_EQ(probe_image(exact).format, "webp");
  EXPECT_EQ(probe_image(exact).size_px, glm::ivec2(33, 17));
  EXPECT_EQ(probe_image(exact).channels, 4);
  const ImageRgba8 flat({32, 32}, {120, 130, 140, 255});
  EXPECT_LE(difference(decode_rgba8(make_webp(flat, false)), flat), 3);  // lossy: a flat picture within rounding of YUV
}

TEST(ImageIo, TruncationAnywhereIsAnError) {
  const ImageRgba8 image = gradient({40, 30}, 90);
  for (const auto& file :
       {encode_png(image), encode_jpeg(image, 90), make_webp(image, true), make_webp(image, false)}) {
    ASSERT_NO_THROW(decode_rgba8(file));
    for (size_t length = 0; length < file.size(); length += 1 + length / 40) {
      const auto cut = std::span(file).first(length);
      EXPECT_THROW(decode_rgba8(cut), Error) << "length " << length << " of " << file.size();
    }
  }
  const auto depth = encode_png(ImageU16({64, 64}, 1234));
  for (size_t length = 0; length + 12 < depth.size(); ++length) {  // the last 12 bytes are the empty IEND chunk
    EXPECT_THROW(decode_grey16(std::span(depth).first(length)), Error) << length;
  }
}

TEST(ImageIo, DamageNeverCrashes) {
  const ImageRgba8 image = gradient({20, 20}, 90);
  Random random(9);
  for (const auto& file :
       {encode_png(image), encode_jpeg(image, 90), make_webp(image, true), make_webp(image, false)}) {
    for (int round = 0; round < 80; ++round) {
      auto damaged = file;
      for (int i = 0; i < 4; ++i)
        damaged[random.below(static_cast<uint32_t>(file.size()))] = std::byte(random.below(256));
      try {
        decode_rgba8(damaged);
      } catch (const Error&) {
      }
    }
  }
}

TEST(ImageIo, WhatIsNoImageIsToldByItsFirstBytes) {
  const ErrorCode code = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(decode_rgba8({}), code, "the image file is empty");
  DIO_EXPECT_ERROR(decode_rgba8(bytes_of("GIF89a..")), code,
                   "is not a PNG, JPEG or WebP image (first bytes 47 49 46 38");
  DIO_EXPECT_ERROR(probe_image(bytes_of("x")), code, "first bytes 78)");
}

TEST(ImageIo, AbsurdSizesAreRefusedBeforeMemoryIsTaken) {
  // Width and height stand at bytes 16 and 20; the header's checksum at 29 is set right by hand.
  auto png = encode_png(gradient({4, 4}, 255));
  const auto set_u32 = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) png[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
  };
  const auto crc_of_header = [&] {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 12; i < 29; ++i) {
      crc ^= static_cast<uint32_t>(png[i]);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
  };
  const auto with_size = [&](uint32_t width, uint32_t height) {
    set_u32(16, width);
    set_u32(20, height);
    set_u32(29, crc_of_header());
    return std::span<const std::byte>(png);
  };
  const ErrorCode code = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(decode_rgba8(with_size(0x7fffffff, 0x7fffffff)), code, "2147483647x2147483647 pixels");
  DIO_EXPECT_ERROR(probe_image(with_size(70000, 70000)), code, "70000x70000 pixels, expected 1 to 268435456");
  DIO_EXPECT_ERROR(decode_rgba8(with_size(16000, 16000)), code, "the PNG data is damaged or cut (the data ends early)");
  DIO_EXPECT_ERROR(decode_rgba8(with_size(0, 4)), code, "PNG data is damaged");
  EXPECT_NO_THROW(decode_rgba8(with_size(4, 4)));
}

TEST(ImageIo, PathsAreNamed) {
  const TempDir folder;
  write_file(folder / "a.png", encode_png(gradient({5, 6}, 255)));
  write_file(folder / "b.jpg", "not an image");
  EXPECT_EQ(read_rgba8(folder / "a.png").size_px(), glm::ivec2(5, 6));
  EXPECT_EQ(probe_image(folder / "a.png").size_px, glm::ivec2(5, 6));
  const std::string name = (folder / "b.jpg").string();
  DIO_EXPECT_ERROR(read_rgba8(folder / "b.jpg"), ErrorCode::kInvalidInput, name + ": is not a PNG");
  DIO_EXPECT_ERROR(read_grey16(folder / "b.jpg"), ErrorCode::kInvalidInput, name + ": is not a PNG");
  DIO_EXPECT_ERROR(probe_image(folder / "none.png"), ErrorCode::kNotFound, "none.png: there is no such file");
}

TEST(ImageIo, JpegWithALongHeaderIsProbedByItsPath) {
  // 8 application segments of 64 KB stand before the size, as with embedded thumbnails and profiles.
  const auto jpeg = encode_jpeg(gradient({50, 40}, 255), 90);
  std::vector<std::byte> file(jpeg.begin(), jpeg.begin() + 2);
  for (int i = 0; i < 8; ++i) {
    file.insert(file.end(), {std::byte{0xff}, std::byte{0xe5}, std::byte{0xff}, std::byte{0xff}});
    file.resize(file.size() + 0xffff - 2);
  }
  file.insert(file.end(), jpeg.begin() + 2, jpeg.end());
  const TempDir folder;
  write_file(folder / "long.jpg", file);
  EXPECT_EQ(probe_image(folder / "long.jpg").size_px, glm::ivec2(50, 40));
}

TEST(ImageIo, PaddingBetweenJpegMarkersIsNoDamage) {
  auto jpeg = encode_jpeg(gradient({16, 16}, 255), 90);
  const ImageRgba8 expected = decode_rgba8(jpeg);
  jpeg.insert(jpeg.end() - 2, 3, std::byte{0});  // before the end marker
  EXPECT_TRUE(same(decode_rgba8(jpeg), expected));
}

TEST(ImageIo, EmptyPicturesAreABugToEncode) {
  EXPECT_THROW(encode_png(ImageRgba8()), Bug);
  EXPECT_THROW(encode_jpeg(ImageRgba8(), 90), Bug);
  EXPECT_THROW(encode_jpeg(gradient({2, 2}, 255), 0), Bug);
}

}  // namespace
}  // namespace diorama
