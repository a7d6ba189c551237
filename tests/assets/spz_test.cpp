#include "assets/spz.h"

#include "assets/spz/spz_format.h"
#include "engine/base/random.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"

#include <zlib.h>
#include <zstd.h>

#include <cmath>
#include <cstring>
#include <initializer_list>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Bytes = std::vector<std::byte>;

void add_bytes(Bytes& bytes, std::initializer_list<int> values) {
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
}

template <class T>
void add_value(Bytes& bytes, T value) {
  for (const std::byte byte : std::as_bytes(std::span(&value, 1))) bytes.push_back(byte);
}

Bytes gzip(const Bytes& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// One splat at (1, -2, 0.5) of SH degree 0, as versions 1 to 3 have it before gzip.
Bytes old_file(uint32_t version, uint32_t count = 1, int sh_degree = 0) {
  Bytes bytes;
  add_value<uint32_t>(bytes, 0x5053474e);
  add_value(bytes, version);
  add_value(bytes, count);
  add_bytes(bytes, {sh_degree, 12, 1, 0});
  if (version == 1) {
    for (const int half : {0x3c00, 0xc000, 0x3800}) add_value(bytes, static_cast<uint16_t>(half));
  } else {
    add_bytes(bytes, {0x00, 0x10, 0x00, 0x00, 0xe0, 0xff, 0x00, 0x08, 0x00});  // 4096, -8192, 2048
  }
  add_bytes(bytes, {51});             // opacity 0.2
  add_bytes(bytes, {255, 0, 128});    // colours
  add_bytes(bytes, {160, 144, 112});  // e^0, e^-1, e^-3
  if (version == 3) {
    // A quarter turn about -z: x y z w = 0 0 -0.7071 0.7071; the largest is called 3, the signs are 0 0 1.
    add_value<uint32_t>(bytes, 3u << 30 | 0u << 20 | 0u << 10 | 1u << 9 | 511u);
  } else {
    add_bytes(bytes, {255, 128, 128});  // x = 1, y and z 0.004
  }
  return bytes;
}

void expect_splat(const Asset& asset) {
  ASSERT_EQ(splat_count(asset), 1u);
  const SplatCloud& cloud = asset.splats[0].cloud;
  EXPECT_EQ(cloud.positions[0], glm::vec3(1, -2, 0.5f));
  EXPECT_FLOAT_EQ(cloud.opacities[0], 0.2f);
  EXPECT_FLOAT_EQ(cloud.scales[0].x, 1);
  EXPECT_FLOAT_EQ(cloud.scales[0].y, std::exp(-1.0f));
  EXPECT_FLOAT_EQ(cloud.scales[0].z, std::exp(-3.0f));
  EXPECT_FLOAT_EQ(cloud.sh[0].r, 0.5f / 0.15f);
  EXPECT_FLOAT_EQ(cloud.sh[0].g, -0.5f / 0.15f);
  EXPECT_TRUE(asset.record && asset.record->antialiased) << "flag 1";
}

TEST(Spz, VersionsOneToThreeAreRead) {
  for (const uint32_t version : {1u, 2u, 3u}) {
    const Asset asset = parse_spz(gzip(old_file(version)), "old.spz");
    expect_splat(asset);
    const glm::vec4 q = asset.splats[0].cloud.rotations_xyzw[0];
    const float half = std::sqrt(0.5f);
    const glm::vec4 expected = version == 3 ? glm::vec4(0, 0, -half, half) : glm::vec4(1, 0, 0, 0);
    EXPECT_LE(glm::length(q - expected), 0.006f) << "bytes of 1/127.5";
  }
}

// The header and the streams, unpacked, to the byte; how zstd packs them is its own matter.
TEST(Spz, TheseBytesAreWritten) {
  Asset asset;
  SplatCloud cloud;
  cloud.sh_degree = 1;
  cloud.resize(1);
  cloud.positions = {{1, -2, 0.5f}};
  cloud.scales = {{1, std::exp(-1.0f), std::exp(-3.0f)}};
  cloud.rotations_xyzw = {{0, 0, -std::sqrt(0.5f), std::sqrt(0.5f)}};
  cloud.rotations_xyzw[0].w = 0.70711f;  // the largest beyond doubt
  cloud.opacities = {0.2f};
  cloud.sh = {{0.5f / 0.15f, -0.5f / 0.15f, 0}, {0, 0.5f, -0.5f}, {0.03f, 0.04f, 5}, {-0.03f, -0.04f, -5}};
  asset.splats.push_back({.name = "one", .cloud = cloud});
  const Bytes file = encode_spz(asset);
  Bytes head;
  add_bytes(head, {'N', 'G', 'S', 'P', 4, 0, 0, 0, 1, 0, 0, 0, 1, 12, 0, 6, 32, 0, 0, 0});
  head.resize(32);
  ASSERT_GT(file.size(), 32u + 6 * 16);
  EXPECT_EQ(Bytes(file.begin(), file.begin() + 32), head);
  // 1/255 of colour is 6.7 of 255 / 0.15; SH codes are multiples of 4 at degree 1: 0.5 is 64 above 128.
  const std::vector<std::vector<int>> expected = {{0x00, 0x10, 0x00, 0x00, 0xe0, 0xff, 0x00, 0x08, 0x00},
                                                  {51},
                                                  {255, 0, 128},
                                                  {160, 144, 112},
                                                  {0xff, 0x03, 0x00, 0xc0},
                                                  {128, 192, 64, 132, 132, 255, 124, 124, 0}};
  size_t place = 32 + 6 * 16;
  for (size_t i = 0; i < 6; ++i) {
    uint64_t sizes[2];
    std::memcpy(sizes, file.data() + 32 + 16 * i, 16);
    Bytes stream(sizes[1]);
    ASSERT_EQ(ZSTD_decompress(stream.data(), stream.size(), file.data() + place, sizes[0]), stream.size());
    place += sizes[0];
    std::vector<int> values;
    for (const std::byte byte : stream) values.push_back(std::to_integer<int>(byte));
    EXPECT_EQ(values, expected[i]) << "stream " << i;
  }
  EXPECT_EQ(place, file.size());
}

TEST(Spz, AssetsComeBackWithinTheQuantizersSteps) {
  const Asset asset = splat_asset();
  const Asset back = parse_spz(encode_spz(asset), "back.spz");
  EXPECT_TRUE(back.notes.empty());
  ASSERT_TRUE(back.record);
  EXPECT_EQ(back.record->capture_name, asset.record->capture_name);
  EXPECT_EQ(back.record->asset_from_capture.translation, asset.record->asset_from_capture.translation);
  EXPECT_TRUE(back.record->antialiased);
  const SplatCloud expected = merged_splats(asset);
  const SplatCloud& cloud = back.splats.at(0).cloud;
  ASSERT_EQ(cloud.size(), expected.size());
  for (size_t i = 0; i < cloud.size(); ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(cloud.positions[i][axis], expected.positions[i][axis], 0.5 / 4096 + 1e-6);
      EXPECT_NEAR(std::log(cloud.scales[i][axis] / expected.scales[i][axis]), 0, 0.5 / 16 + 1e-4);
    }
    EXPECT_NEAR(cloud.opacities[i], expected.opacities[i], 0.5 / 255 + 1e-6);
    // Three components with steps of 0.7071 / 511.
    EXPECT_GE(std::abs(glm::dot(cloud.rotations_xyzw[i], expected.rotations_xyzw[i])), 1 - 4e-6f);
    for (size_t k = 1; k < 16; ++k) {
      for (int channel = 0; channel < 3; ++channel) {
        const float value = expected.sh[16 * i + k][channel];
        if (std::abs(value) > 0.9f) continue;  // codes end at 1
        EXPECT_NEAR(cloud.sh[16 * i + k][channel], value, (k < 4 ? 2.5 : 4.5) / 128) << "half a step and a rounding";
      }
    }
  }
}

TEST(Spz, RotationsOfAnyDirectionComeBack) {
  Random random(9);
  Asset asset;
  SplatCloud cloud = random_splats(2000, 0);
  for (size_t i = 0; i < 4; ++i) {
    cloud.rotations_xyzw[i] = glm::vec4(0);
    cloud.rotations_xyzw[i][static_cast<int>(i)] = -1;
  }
  asset.splats.push_back({.name = "many", .cloud = cloud});
  const Asset back = parse_spz(encode_spz(asset), "many.spz");
  for (size_t i = 0; i < cloud.size(); ++i) {
    EXPECT_GE(std::abs(glm::dot(back.splats[0].cloud.rotations_xyzw[i], cloud.rotations_xyzw[i])), 1 - 4e-6f) << i;
  }
}

TEST(Spz, TheBytesDoNotDependOnTheThreads) {
  ThreadPool one(1), three(3);
  Asset asset;
  // Long enough for zstd to cut the SH into two jobs, of 8 MiB and the rest.
  asset.splats.push_back({.name = "many", .cloud = random_splats(200000, 3)});
  const Bytes file = encode_spz(asset, &one);
  EXPECT_EQ(file, encode_spz(asset, &three));
  EXPECT_EQ(parse_spz(file, "one.spz", &one).splats[0].cloud.sh,
            parse_spz(file, "three.spz", &three).splats[0].cloud.sh);
}

TEST(Spz, Version2IsWrittenForGltf) {
  const SplatCloud cloud = random_splats(300, 2);
  const Asset back = parse_spz(encode_spz_2(cloud, true), "two.spz");
  const SplatCloud& read = back.splats.at(0).cloud;
  ASSERT_EQ(read.size(), cloud.size());
  EXPECT_TRUE(back.record && back.record->antialiased);
  for (size_t i = 0; i < cloud.size(); ++i) {
    EXPECT_LE(glm::length(read.positions[i] - cloud.positions[i]), 0.5f / 4096 * 1.8f);
    // Bytes of x, y and z; w from them is worst where it is small.
    EXPECT_GE(std::abs(glm::dot(read.rotations_xyzw[i], cloud.rotations_xyzw[i])), 0.99f);
  }
}

TEST(Spz, FarCentresTakeCoarserSteps) {
  Asset asset = splat_asset();
  asset.splats[0].cloud.positions[3] = {5000, 0, -4000};
  const Asset back = parse_spz(encode_spz(asset), "far.spz");
  EXPECT_LE(glm::length(back.splats[0].cloud.positions[3] - glm::vec3(5000, 0, -4000)), 1e-3f);
  asset.splats[0].cloud.positions[3].x = 1e7f;
  DIO_EXPECT_ERROR(encode_spz(asset), ErrorCode::kInvalidInput, "10000000 m from the origin");
}

TEST(Spz, CutsAndFlipsEndInErrors) {
  Random random(5);
  for (const Bytes& file : {encode_spz(splat_asset()), gzip(old_file(2))}) {
    for (size_t size = 0; size < file.size(); ++size) {
      // gzip's last 8 bytes are a sum of its own, which needs no reading.
      const bool gzip_tail = std::to_integer<int>(file[0]) == 0x1f && size + 10 > file.size();
      if (!gzip_tail) {
        EXPECT_THROW(parse_spz(std::span(file).first(size), "cut.spz"), Error) << size << " of " << file.size();
      }
    }
    for (int round = 0; round < 3000; ++round) {
      Bytes bytes = file;
      bytes[random.below(static_cast<uint32_t>(bytes.size()))] = static_cast<std::byte>(random.below(256));
      try {
        parse_spz(bytes, "flipped.spz");
      } catch (const Error&) {
      }
    }
  }
}

TEST(Spz, DamageIsNamed) {
  const auto invalid = ErrorCode::kInvalidInput;
  const auto with_byte = [](size_t place, int value) {
    Bytes file = encode_spz(splat_asset());
    file[place] = static_cast<std::byte>(value);
    return file;
  };
  const auto parse = [](const Bytes& bytes) { parse_spz(bytes, "damaged.spz"); };
  DIO_EXPECT_ERROR(parse(with_byte(0, 'X')), invalid, "damaged.spz: is not SPZ");
  DIO_EXPECT_ERROR(parse(with_byte(4, 5)), ErrorCode::kUnsupported, "is SPZ version 5, this build reads 1 to 4");
  DIO_EXPECT_ERROR(parse(with_byte(4, 2)), invalid, "version 2 outside gzip");
  DIO_EXPECT_ERROR(parse(with_byte(8, 0)), invalid, "holds no splats");
  DIO_EXPECT_ERROR(parse(with_byte(11, 255)), invalid, "too many for a file of");
  DIO_EXPECT_ERROR(parse(with_byte(8, 12)), invalid, "12 splats need 108");
  DIO_EXPECT_ERROR(parse(with_byte(12, 5)), invalid, "SH of degree 5");
  DIO_EXPECT_ERROR(parse(with_byte(13, 99)), invalid, "99 fractional bits");
  DIO_EXPECT_ERROR(parse(with_byte(15, 5)), invalid, "has 5 streams, expected 6");
  DIO_EXPECT_ERROR(parse(with_byte(19, 255)), invalid, "table of streams");
  DIO_EXPECT_ERROR(parse(gzip(old_file(4))), invalid, "inside gzip");
  DIO_EXPECT_ERROR(parse(gzip(old_file(2, 2))), invalid, "before the header's splats do");
  DIO_EXPECT_ERROR(parse(gzip(old_file(2, 0xffffffff, 4))), invalid, "too many for a file of");
  Bytes record = encode_spz(splat_asset());
  record[40] = std::byte{'x'};  // of the record's JSON
  EXPECT_THAT(parse_spz(record, "record.spz").notes, ElementsAre(HasSubstr("the record is left out")));
}

}  // namespace
}  // namespace diorama
