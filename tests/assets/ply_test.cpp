#include "assets/ply.h"

#include "assets/gltf.h"
#include "engine/base/file.h"
#include "engine/base/random.h"
#include "engine/scene/splat_transform.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"
#include "tests/test_data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A PLY in the making: named columns of floats, written in any format.
struct SamplePly {
  std::vector<std::string> comments;
  std::vector<std::string> names = {"x",       "y",       "z",       "f_dc_0", "f_dc_1", "f_dc_2", "opacity",
                                    "scale_0", "scale_1", "scale_2", "rot_0",  "rot_1",  "rot_2",  "rot_3"};
  std::vector<std::vector<float>> rows = {{1, 2, 3, 0.5f, 0, -0.5f, 0, -1, -2, -3, 1, 0, 0, 0},
                                          {4, 5, 6, 0, 1, 2, 2, 0, 0, 0, 0, 0, 3, 4}};
  std::string before_vertices, after_vertices;  // elements
  std::string line_end = "\n";

  std::string header(const std::string& format, const std::string& type) const {
    std::string text = "ply" + line_end + "format " + format + " 1.0" + line_end;
    for (const std::string& comment : comments) text += "comment " + comment + line_end;
    text += before_vertices + fmt::format("element vertex {}{}", rows.size(), line_end);
    for (const std::string& name : names) text += "property " + type + " " + name + line_end;
    return text + after_vertices + "end_header" + line_end;
  }
  template <class T>
  std::vector<std::byte> binary(const std::string& type, bool big_endian = false) const {
    std::vector<std::byte> bytes = bytes_of(header(big_endian ? "binary_big_endian" : "binary_little_endian", type));
    for (const std::vector<float>& row : rows) {
      for (const float number : row) {
        const auto value = static_cast<T>(number);
        std::array<std::byte, sizeof(T)> raw;
        std::memcpy(raw.data(), &value, sizeof(T));
        if (big_endian) std::reverse(raw.begin(), raw.end());
        bytes.insert(bytes.end(), raw.begin(), raw.end());
      }
    }
    return bytes;
  }
  std::vector<std::byte> text() const {
    std::string text = header("ascii", "float");
    for (const std::vector<float>& row : rows) text += fmt::format("{}\n", fmt::join(row, " "));
    return bytes_of(text);
  }
  Asset parsed() const { return parse_ply(binary<float>("float"), "sample.ply"); }

  static std::vector<std::byte> bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
  size_t column(const std::string& name) const {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  }
  void drop(const std::string& name) {
    const auto i = static_cast<std::ptrdiff_t>(column(name));
    names.erase(names.begin() + i);
    for (std::vector<float>& row : rows) row.erase(row.begin() + i);
  }
  void add(const std::string& name, float value) {
    names.push_back(name);
    for (std::vector<float>& row : rows) row.push_back(value);
  }
};

void expect_sample(const Asset& asset) {
  ASSERT_EQ(asset.splats.size(), 1u);
  const SplatCloud& cloud = asset.splats[0].cloud;
  ASSERT_EQ(cloud.size(), 2u);
  EXPECT_EQ(cloud.positions[0], glm::vec3(1, 2, 3));
  EXPECT_EQ(cloud.positions[1], glm::vec3(4, 5, 6));
  EXPECT_EQ(cloud.sh[0], glm::vec3(0.5f, 0, -0.5f));
  EXPECT_EQ(cloud.opacities[0], 0.5f);
  EXPECT_FLOAT_EQ(cloud.opacities[1], 1 / (1 + std::exp(-2.0f)));
  EXPECT_FLOAT_EQ(cloud.scales[0].z, std::exp(-3.0f));
  EXPECT_EQ(cloud.scales[1], glm::vec3(1));
  EXPECT_EQ(cloud.rotations_xyzw[0], glm::vec4(0, 0, 0, 1)) << "the file has w first";
  EXPECT_EQ(cloud.rotations_xyzw[1], glm::vec4(0, 0.6f, 0.8f, 0)) << "of length 5 in the file";
}

TEST(Ply, EveryFormatGivesTheSameSplats) {
  SamplePly sample;
  expect_sample(sample.parsed());
  expect_sample(parse_ply(sample.binary<float>("float32", true), "big.ply"));
  expect_sample(parse_ply(sample.binary<double>("double"), "double.ply"));
  expect_sample(parse_ply(sample.binary<double>("float64", true), "big_double.ply"));
  expect_sample(parse_ply(sample.text(), "text.ply"));
  sample.line_end = "\r\n";
  expect_sample(sample.parsed());
}

TEST(Ply, PropertiesMayComeInAnyOrderAndWithOthersBetween) {
  SamplePly sample;
  sample.add("segment", 7);
  sample.add("nx", 0);
  for (std::vector<float>& row : sample.rows) std::reverse(row.begin(), row.end());
  std::reverse(sample.names.begin(), sample.names.end());
  sample.before_vertices = "element camera 0\nproperty float focal\n";
  sample.after_vertices = "element face 1\nproperty list uchar int vertex_indices\n";
  expect_sample(sample.parsed());
}

TEST(Ply, ElementsBeforeTheVerticesAreSkipped) {
  SamplePly sample;
  const std::vector<std::byte> plain = sample.binary<float>("float");
  const size_t plain_header = sample.header("binary_little_endian", "float").size();
  sample.before_vertices = "element camera 2\nproperty short id\nproperty double focal\n";
  std::vector<std::byte> bytes = SamplePly::bytes_of(sample.header("binary_little_endian", "float"));
  bytes.resize(bytes.size() + 20);
  bytes.insert(bytes.end(), plain.begin() + static_cast<std::ptrdiff_t>(plain_header), plain.end());
  expect_sample(parse_ply(bytes, "camera.ply"));
}

// f_rest holds all of red, then all of green, then all of blue.
TEST(Ply, ShOfEveryDegreeAreReadChannelByChannel) {
  for (const auto& [count, degree] :
       {std::pair(0, 0), std::pair(9, 1), std::pair(24, 2), std::pair(45, 3), std::pair(72, 3)}) {
    SamplePly sample;
    for (int i = 0; i < count; ++i) sample.add(fmt::format("f_rest_{}", i), static_cast<float>(i));
    const Asset asset = sample.parsed();
    const SplatCloud& cloud = asset.splats[0].cloud;
    EXPECT_EQ(cloud.sh_degree, degree);
    const int width = sh_count(degree), rest = count / 3;
    for (int k = 1; k < width; ++k) {
      const glm::vec3 expected(k - 1, rest + k - 1, 2 * rest + k - 1);
      EXPECT_EQ(cloud.sh[static_cast<size_t>(width + k)], expected) << count << ", " << k;
    }
    EXPECT_EQ(asset.notes.size(), count == 72 ? 1u : 0u) << "degree 4 is left out and told";
  }
}

TEST(Ply, SplatsThatAreNotFiniteAreLeftOutAndCounted) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, inf, -inf}) {
    for (size_t column = 0; column < 14; ++column) {
      SamplePly sample;
      sample.rows.insert(sample.rows.begin() + 1, sample.rows[0]);
      sample.rows[1][column] = bad;
      expect_sample(sample.parsed());
      EXPECT_THAT(sample.parsed().notes,
                  ElementsAre(HasSubstr("1 splat with a value that is not finite, the first is number 1")));
    }
  }
  SamplePly huge;
  huge.rows.push_back(huge.rows[0]);
  huge.rows[2][huge.column("scale_1")] = 89;  // exp(89) is past a float's range
  EXPECT_EQ(huge.parsed().splats[0].cloud.size(), 2u);
  SamplePly none;
  for (std::vector<float>& row : none.rows) row[0] = nan;
  DIO_EXPECT_ERROR(none.parsed(), ErrorCode::kInvalidInput, "sample.ply: holds no splats");
}

TEST(Ply, TextMayHoldNumbersThatAreNotFinite) {
  const SamplePly sample;
  std::string text = sample.header("ascii", "float");
  text.replace(text.find("vertex 2"), 8, "vertex 4");
  text += "nan 2 3 .5 0 -.5 0 -1 -2 -3 1 0 0 0\n1 2 3 +.5 0 -.5e0 0 -1 -2 -3 1 0 0 0\n";
  text += "1e99 2 3 .5 0 -.5 0 -1 -2 -3 1 0 0 0\n\n4 5 6 0 1 2 2 0 0 0 0 0 3 4";
  const Asset asset = parse_ply(SamplePly::bytes_of(text), "text.ply");
  expect_sample(asset);
  EXPECT_THAT(asset.notes, ElementsAre(HasSubstr("2 splats with a value that is not finite")));
}

TEST(Ply, RotationsOfZeroAreTakenAsUnturnedAndCounted) {
  SamplePly sample;
  for (const char* name : {"rot_0", "rot_1", "rot_2", "rot_3"}) sample.rows[1][sample.column(name)] = 0;
  const Asset asset = sample.parsed();
  EXPECT_EQ(asset.splats[0].cloud.rotations_xyzw[1], glm::vec4(0, 0, 0, 1));
  EXPECT_THAT(asset.notes, ElementsAre(HasSubstr("1 splat without a rotation (0 0 0 0), the first is number 1")));
}

TEST(Ply, TwoScalesAreFlatSplats) {
  SamplePly sample;
  sample.drop("scale_2");
  const Asset asset = sample.parsed();
  EXPECT_EQ(asset.splats[0].cloud.scales[1], glm::vec3(1, 1, 0));
  EXPECT_THAT(asset.notes, ElementsAre(HasSubstr("2DGS")));
}

TEST(Ply, CommentsTellOfAntialiasing) {
  for (const char* comment : {"antialiased 1", "SplatRenderMode: mip"}) {
    SamplePly sample;
    sample.comments = {"made by a test", comment};
    ASSERT_TRUE(sample.parsed().record) << comment;
    EXPECT_TRUE(sample.parsed().record->antialiased) << comment;
  }
  for (const char* comment : {"antialiased 0", "SplatRenderMode: default"}) {
    SamplePly sample;
    sample.comments = {comment};
    EXPECT_FALSE(sample.parsed().record) << comment;
  }
}

// One splat at SH degree 1: 23 floats. ln 0.5 is bf317218; the logit of 0.75 is ln 3, 3f8c9f54.
TEST(Ply, TheseBytesAreWrittenForASplat) {
  Asset asset;
  SplatCloud cloud;
  cloud.sh_degree = 1;
  cloud.resize(1);
  cloud.positions = {{1, 2, 3}};
  cloud.scales = {{0.5f, 1, 1}};
  cloud.rotations_xyzw = {{0.6f, 0, 0, 0.8f}};
  cloud.opacities = {0.75f};
  cloud.sh = {{1, 2, 3}, {11, 21, 31}, {12, 22, 32}, {13, 23, 33}};
  asset.splats.push_back({.name = "one", .cloud = cloud});
  std::string expected = "ply\nformat binary_little_endian 1.0\nelement vertex 1\n";
  for (const char* name :
       {"x",        "y",        "z",        "nx",       "ny",       "nz",       "f_dc_0",   "f_dc_1",   "f_dc_2",
        "f_rest_0", "f_rest_1", "f_rest_2", "f_rest_3", "f_rest_4", "f_rest_5", "f_rest_6", "f_rest_7", "f_rest_8",
        "opacity",  "scale_0",  "scale_1",  "scale_2",  "rot_0",    "rot_1",    "rot_2",    "rot_3"}) {
    expected += fmt::format("property float {}\n", name);
  }
  expected += "end_header\n";
  const std::vector<std::byte> bytes = encode_ply(asset);
  ASSERT_EQ(bytes.size(), expected.size() + 26 * 4);
  EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), expected.size()), 0);
  const float values[] = {1,
                          2,
                          3,
                          0,
                          0,
                          0,
                          1,
                          2,
                          3,
                          11,
                          12,
                          13,
                          21,
                          22,
                          23,
                          31,
                          32,
                          33,
                          std::bit_cast<float>(0x3f8c9f54u),
                          std::bit_cast<float>(0xbf317218u),
                          0,
                          0,
                          0.8f,
                          0.6f,
                          0,
                          0};
  EXPECT_EQ(std::memcmp(bytes.data() + expected.size(), values, sizeof(values)), 0);
}

TEST(Ply, AssetsComeBackWithTheirRecord) {
  const Asset asset = splat_asset();
  const Asset back = parse_ply(encode_ply(asset), "back.ply");
  ASSERT_TRUE(back.record);
  EXPECT_EQ(back.record->capture_name, asset.record->capture_name);
  EXPECT_EQ(back.record->options_json, asset.record->options_json);
  EXPECT_EQ(back.record->held_out_json, asset.record->held_out_json);
  EXPECT_EQ(back.record->asset_from_capture.translation, asset.record->asset_from_capture.translation);
  EXPECT_TRUE(back.record->antialiased);
  EXPECT_TRUE(back.notes.empty());
  const SplatCloud expected = merged_splats(asset);
  const SplatCloud& cloud = back.splats[0].cloud;
  ASSERT_EQ(cloud.size(), expected.size());
  EXPECT_EQ(cloud.sh_degree, 3);
  for (size_t i = 0; i < cloud.size(); ++i) {
    EXPECT_LE(glm::length(cloud.positions[i] - expected.positions[i]), 1e-6f) << "moved there and back";
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(cloud.scales[i][axis] / expected.scales[i][axis], 1, 1e-6) << "logarithms up to 7 in float";
    }
    EXPECT_NEAR(cloud.opacities[i], expected.opacities[i], 1e-6) << "logits up to 5 in float";
    EXPECT_NEAR(std::abs(glm::dot(cloud.rotations_xyzw[i], expected.rotations_xyzw[i])), 1, 1e-6);
  }
  for (size_t i = 0; i < cloud.sh.size(); ++i) {
    EXPECT_LE(glm::length(cloud.sh[i] - expected.sh[i]), 1e-5f) << "turned there and back: 7 float products, twice";
  }
}

// Cameras of the capture see the PLY as they saw the scene: no rotation that made +Y up is in it.
TEST(Ply, DataIsInTheCapturesFrame) {
  const Asset asset = splat_asset();
  std::vector<std::byte> bytes = encode_ply(asset);
  const auto text = std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string foreign(text);
  for (size_t at = foreign.find("comment diorama_record"); at != std::string::npos;
       at = foreign.find("comment diorama_record", at)) {
    foreign.erase(at, foreign.find('\n', at) + 1 - at);
  }
  const Asset raw = parse_ply(SamplePly::bytes_of(foreign), "foreign.ply");
  SplatCloud expected = merged_splats(asset);
  transform(expected, inverse(turned_up()));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(glm::length(raw.splats[0].cloud.positions[i] - expected.positions[i]), 1e-6f) << "one rounding near 2";
  }
}

TEST(Ply, ADamagedRecordIsToldAndLeftOut) {
  for (const char* record : {"{", "{\"version\":2}", "[]", "{\"version\":1}"}) {
    SamplePly sample;
    sample.comments = {std::string("diorama_record ") + record};
    expect_sample(sample.parsed());
    EXPECT_FALSE(sample.parsed().record);
    EXPECT_THAT(sample.parsed().notes, ElementsAre(HasSubstr("the record is left out"))) << record;
  }
}

TEST(Ply, HeaderLinesAreShortWhateverTheRecordHolds) {
  Asset asset = splat_asset();
  asset.record->capture_name = std::string(5000, 'x') + "\n\xff end_header";
  const std::vector<std::byte> bytes = encode_ply(asset);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string header = text.substr(0, text.find("end_header\n"));
  for (size_t start = 0; start < header.size();) {
    const size_t end = header.find('\n', start);
    EXPECT_LE(end - start, 255u);
    start = end + 1;
  }
  EXPECT_THAT(parse_ply(bytes, "long.ply").record->capture_name, HasSubstr(std::string(5000, 'x') + "\n"));
}

TEST(Ply, OpaqueAndFlatSplatsStayFinite) {
  Asset asset = splat_asset();
  SplatCloud& cloud = asset.splats[0].cloud;
  cloud.opacities[0] = 0;
  cloud.opacities[1] = 1;
  cloud.scales[2] = glm::vec3(0);
  const Asset back = parse_ply(encode_ply(asset), "limits.ply");
  EXPECT_TRUE(back.notes.empty());
  EXPECT_LE(back.splats[0].cloud.opacities[0], 1e-7f);
  EXPECT_GE(back.splats[0].cloud.opacities[1], 1 - 1e-7f);
  EXPECT_LE(back.splats[0].cloud.scales[2].x, 1.1e-10f);
}

TEST(Ply, AnAssetWithoutSplatsIsNotWritten) {
  DIO_EXPECT_ERROR(encode_ply(triangle_asset()), ErrorCode::kInvalidInput, "no splats");
}

TEST(Ply, EveryCutIsAnError) {
  for (const std::vector<std::byte>& bytes : {encode_ply(splat_asset()), SamplePly().binary<double>("double", true)}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THROW(parse_ply(std::span(bytes).first(size), "cut.ply"), Error) << size << " of " << bytes.size();
    }
  }
  const std::vector<std::byte> text = SamplePly().text();
  for (size_t size = 0; size + 2 < text.size(); ++size) {  // without the last digit the number is another
    EXPECT_THROW(parse_ply(std::span(text).first(size), "cut.ply"), Error) << size << " of " << text.size();
  }
}

TEST(Ply, FlippedBytesNeverDoMoreThanFail) {
  Random random(77);
  for (const std::vector<std::byte>& ply : {encode_ply(splat_asset()), SamplePly().text()}) {
    int errors = 0;
    for (int round = 0; round < 3000; ++round) {
      std::vector<std::byte> bytes = ply;
      for (uint32_t flips = 1 + random.below(3); flips > 0; --flips) {
        bytes[random.below(static_cast<uint32_t>(bytes.size()))] = static_cast<std::byte>(random.below(256));
      }
      try {
        parse_ply(bytes, "flipped.ply");
      } catch (const Error&) {
        ++errors;
      }
    }
    EXPECT_GT(errors, 300) << "a share of these bytes is header";
  }
}

// Replaces the first `what` in a sound header.
std::vector<std::byte> with_header(const std::string& what, const std::string& by, bool text = false) {
  const SamplePly sample;
  std::vector<std::byte> bytes = text ? sample.text() : sample.binary<float>("float");
  std::string all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_NE(all.find(what), std::string::npos) << what;
  all.replace(all.find(what), what.size(), by);
  return SamplePly::bytes_of(all);
}

TEST(Ply, DamageIsNamed) {
  const auto invalid = ErrorCode::kInvalidInput;
  const auto parse = [](const std::vector<std::byte>& bytes) { parse_ply(bytes, "damaged.ply"); };
  DIO_EXPECT_ERROR(parse(with_header("ply", "pla")), invalid, "damaged.ply: is not a PLY");
  DIO_EXPECT_ERROR(parse(with_header("vertex 2", "vertex 3000000000")), invalid,
                   "promises 3000000000 rows of vertex at 56 bytes or more, but 112 bytes are left");
  DIO_EXPECT_ERROR(parse(with_header("vertex 2", "vertex 18446744073709551615")), invalid, "promises");
  DIO_EXPECT_ERROR(parse(with_header("vertex 2", "vertex 99999999999999999999")), invalid, "'element NAME COUNT'");
  DIO_EXPECT_ERROR(parse(with_header("vertex 2", "vertex 2000000000", true)), invalid, "promises 2000000000 rows");
  DIO_EXPECT_ERROR(parse(with_header("vertex 2", "vertex 0")), invalid, "holds no splats");
  DIO_EXPECT_ERROR(parse(with_header("vertex", "points")), invalid, "has no element vertex");
  DIO_EXPECT_ERROR(parse(with_header("binary_little_endian 1.0", "binary_little_endian 2.0")), invalid, "line 2");
  DIO_EXPECT_ERROR(parse(with_header("float x", "half x")), invalid, "line 4 of the PLY header is 'property half x'");
  DIO_EXPECT_ERROR(parse(with_header("property float x", "property list uchar float x")), ErrorCode::kUnsupported,
                   "lists");
  DIO_EXPECT_ERROR(parse(with_header("format", "farmat")), invalid, "line 2");
  DIO_EXPECT_ERROR(parse(with_header("f_dc_1", "red")), invalid, "no property f_dc_1");
  DIO_EXPECT_ERROR(parse(with_header("float x", "float packed_position")), invalid, "has no element chunk");
  DIO_EXPECT_ERROR(parse(with_header("0.5", "0,5", true)), invalid, "row 0 of its vertex is cut, or holds a word");
  SamplePly odd;
  for (int i = 0; i < 12; ++i) odd.add(fmt::format("f_rest_{}", i), 0);
  DIO_EXPECT_ERROR(odd.parsed(), invalid, "12 properties f_rest_*, expected 0, 9, 24, 45 or 72");
  const std::string endless = "ply\n" + std::string(3 << 20, 'c');
  DIO_EXPECT_ERROR(parse(SamplePly::bytes_of(endless)), invalid, "no end_header in its first 1048576 bytes");
}

// 257 splats of PlayCanvas' kind: the first 256 at the low ends of their chunk, the last at the high ends of its own.
std::string compressed_ply(bool with_sh, uint32_t chunks = 2) {
  std::string text = fmt::format("ply\nformat binary_little_endian 1.0\nelement chunk {}\n", chunks);
  for (const char* name :
       {"min_x", "min_y", "min_z", "max_x", "max_y", "max_z", "min_scale_x", "min_scale_y", "min_scale_z",
        "max_scale_x", "max_scale_y", "max_scale_z", "min_r", "min_g", "min_b", "max_r", "max_g", "max_b"}) {
    text += fmt::format("property float {}\n", name);
  }
  text += "element vertex 257\n";
  for (const char* name : {"position", "rotation", "scale", "color"})
    text += fmt::format("property uint packed_{}\n", name);
  if (with_sh) {
    text += "element sh 257\n";
    for (int i = 0; i < 9; ++i) text += fmt::format("property uchar f_rest_{}\n", i);
  }
  text += "end_header\n";
  const auto add = [&](auto value) { text.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
    for (const float v : {1, 2, 3, 4, 6, 8, -5, -4, -3, -2, -1, 0, 0, 0, 0, 1, 1, 2}) add(v);
  }
  for (int i = 0; i < 257; ++i) {
    const bool last = i == 256;
    add(last ? 0xffffffffu : 0u);
    // x is the largest; w y z are 0.7071 / 2, 0 (nearly) and -0.7071.
    add(last ? 1u << 30 | 767u << 20 | 512u << 10 | 0u : 511u << 20 | 511u << 10 | 511u);
    add(last ? 0xffffffffu : 1023u << 11);
    add(last ? 0xffffffffu : 0x80000000u | 51u);
  }
  for (int i = 0; with_sh && i < 257 * 9; ++i) add(static_cast<uint8_t>(i % 9 * 16));
  return text;
}

TEST(CompressedPly, SplatsAreUnpackedBetweenTheirChunksRanges) {
  const Asset asset = parse_ply(SamplePly::bytes_of(compressed_ply(true)), "compressed.ply");
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  ASSERT_EQ(cloud.size(), 257u);
  ASSERT_EQ(cloud.sh_degree, 1);
  EXPECT_EQ(cloud.positions[255], glm::vec3(1, 2, 3));
  EXPECT_EQ(cloud.positions[256], glm::vec3(4, 6, 8));
  EXPECT_FLOAT_EQ(cloud.scales[0].x, std::exp(-5.0f));
  EXPECT_FLOAT_EQ(cloud.scales[0].y, std::exp(-1.0f)) << "10 bits in the middle";
  EXPECT_FLOAT_EQ(cloud.scales[256].z, 1);
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[0].r, 128.0f / 255);
  EXPECT_NEAR(0.5f + kShC0 * cloud.sh[0].g, 0, 1e-6);
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[256 * 4].b, 2);
  EXPECT_FLOAT_EQ(cloud.opacities[0], 0.2f);
  EXPECT_LE(glm::length(cloud.rotations_xyzw[0] - glm::vec4(0, 0, 0, 1)), 2e-3f) << "10 bits have no code for 0";
  const float half = std::sqrt(0.5f);
  EXPECT_LE(glm::length(cloud.rotations_xyzw[256] - glm::vec4(std::sqrt(0.375f), 0, -half, half / 2)), 2e-3f);
  // Red's second coefficient has code 16, blue's first 6 * 16, in steps of 1/32 from -4.
  EXPECT_FLOAT_EQ(cloud.sh[2].r, 16.5f / 32 - 4);
  EXPECT_FLOAT_EQ(cloud.sh[1].b, 96.5f / 32 - 4);
  EXPECT_EQ(parse_ply(SamplePly::bytes_of(compressed_ply(false)), "plain.ply").splats[0].cloud.sh_degree, 0);
}

TEST(CompressedPly, DamageIsNamed) {
  const auto parse = [](std::string text, const std::string& what, const std::string& by) {
    if (!what.empty()) text.replace(text.find(what), what.size(), by);
    parse_ply(SamplePly::bytes_of(text), "damaged.ply");
  };
  const auto invalid = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(parse(compressed_ply(true, 1), "", ""), invalid, "1 chunks for 257 splats");
  DIO_EXPECT_ERROR(parse(compressed_ply(true), "sh 257", "sh 256"), invalid, "SH for 256 of 257 splats");
  DIO_EXPECT_ERROR(parse(compressed_ply(true), "max_scale_z", "other_name"), invalid,
                   "chunk has no property max_scale_z");
  DIO_EXPECT_ERROR(parse(compressed_ply(true), "uint packed_color", "int packed_color"), invalid, "of type uint");
  const std::string whole = compressed_ply(true);
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_THROW(parse(whole.substr(0, size), "", ""), Error) << size << " of " << whole.size();
  }
}

TEST(Ply, FilesAreWrittenAndNamed) {
  const TempDir dir;
  write_ply(splat_asset(), dir / "room.ply");
  EXPECT_EQ(read_file(dir / "room.ply"), encode_ply(splat_asset()));
  EXPECT_EQ(read_ply(dir / "room.ply").splats[0].cloud.size(), 11u);
  write_file(dir / "bad.ply", "ply\nformat");
  DIO_EXPECT_ERROR(read_ply(dir / "bad.ply"), ErrorCode::kInvalidInput, (dir / "bad.ply").string() + ": ");
}

}  // namespace
}  // namespace diorama
