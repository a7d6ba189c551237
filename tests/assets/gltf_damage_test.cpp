// Damaged files end in one diorama::Error (or are read, where the damage does not matter); nothing else may leave.
#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tests/assets/samples.h"

#include <gmock/gmock.h>

#include <cstring>
#include <functional>
#include <limits>

namespace diorama {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

std::string error_of(const std::vector<std::byte>& glb) {
  try {
    parse_glb(glb, "damaged.glb");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("damaged.glb: "));
    return error.what();
  }
  return "no error";
}

std::string error_of(const SampleGltf& sample) {
  return error_of(sample.glb());
}

TEST(GltfDamage, EveryCutIsAnError) {
  for (const std::vector<std::byte>& glb : {encode_glb(rich_asset()), encode_glb(splat_asset())}) {
    for (size_t size = 0; size < glb.size(); ++size) {
      const std::vector<std::byte> cut(glb.begin(), glb.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_NE(error_of(cut), "no error") << "cut after " << size << " of " << glb.size() << " bytes";
    }
  }
}

// The header's length is put right, so that the chunks' own checks are met.
TEST(GltfDamage, EveryCutWithAMatchingHeaderIsAnError) {
  const std::vector<std::byte> glb = encode_glb(triangle_asset());
  for (uint32_t size = 12; size < glb.size(); ++size) {
    std::vector<std::byte> cut(glb.begin(), glb.begin() + size);
    std::memcpy(cut.data() + 8, &size, sizeof(size));
    ASSERT_NE(error_of(cut), "no error") << "cut after " << size << " of " << glb.size() << " bytes";
  }
}

// The smaller cloud of the sample alone: a member more costs seconds here.
Asset one_cloud() {
  Asset asset = splat_asset();
  asset.meshes.clear();
  asset.materials.clear();
  asset.splats.erase(asset.splats.begin());
  return asset;
}

TEST(GltfDamage, FlippedBytesNeverDoMoreThanFail) {
  Random random(20240607);
  for (const std::vector<std::byte>& glb :
       {encode_glb(triangle_asset()), encode_glb(rich_asset()), encode_glb(one_cloud())}) {
    int errors = 0;
    for (int round = 0; round < 4000; ++round) {
      std::vector<std::byte> bytes = glb;
      const uint32_t flips = 1 + random.below(3);
      for (uint32_t i = 0; i < flips; ++i) {
        bytes[random.below(static_cast<uint32_t>(bytes.size()))] = static_cast<std::byte>(random.below(256));
      }
      errors += error_of(bytes) != "no error";  // what is no Error goes through and fails the test
    }
    EXPECT_GT(errors, 1000) << "most of these files are JSON, where most flips do damage";
  }
}

// Calls visit for every value below `json`, after which the visitor has put it back.
void for_each_value(Json& json, const std::function<void(Json&)>& visit) {
  for (Json& child : json) {
    visit(child);
    if (child.is_structured()) for_each_value(child, visit);
  }
}

SampleGltf sample_of_everything() {
  SampleGltf sample;
  auto& json = sample.json();
  const size_t joints = sample.add<uint8_t>(std::vector<uint8_t>(12, 0), 5121, "VEC4", 3);
  const size_t weights = sample.add_floats({1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, "VEC4", 3);
  const size_t bind = sample.add_floats({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, "MAT4", 1);
  const size_t times = sample.add_floats({0, 1}, "SCALAR", 2);
  const size_t keys = sample.add_floats({0, 0, 0, 1, 0, 0, 0, 1}, "VEC4", 2);
  const size_t indices = sample.add<uint16_t>({0, 1, 2}, 5123, "SCALAR", 3);
  const size_t which = sample.add<uint8_t>({1}, 5121, "SCALAR", 1);
  const size_t value = sample.add_floats({2, 0, 0}, "VEC3", 1);
  sample.primitive()["attributes"]["JOINTS_0"] = joints;
  sample.primitive()["attributes"]["WEIGHTS_0"] = weights;
  sample.primitive()["targets"] = nlohmann::ordered_json::array({{{"POSITION", 0}}});
  sample.primitive()["indices"] = indices;
  sample.primitive()["mode"] = 4;
  json["accessors"][0]["sparse"] = {{"count", 1},
                                    {"indices", {{"bufferView", which}, {"componentType", 5121}, {"byteOffset", 0}}},
                                    {"values", {{"bufferView", value}, {"byteOffset", 0}}}};
  json["accessors"][0]["byteOffset"] = 0;
  json["skins"] = nlohmann::ordered_json::array({{{"joints", {1}}, {"inverseBindMatrices", bind}}});
  json["nodes"] = nlohmann::ordered_json::array(
      {{{"mesh", 0}, {"skin", 0}, {"weights", {0.5}}},
       {{"children", {2}}, {"rotation", {0, 0, 0, 1}}, {"scale", {1, 1, 1}}, {"translation", {0, 0, 0}}},
       {{"matrix", {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}}}});
  json["scenes"][0]["nodes"] = {0, 1};
  json["animations"] = nlohmann::ordered_json::array(
      {{{"samplers",
         nlohmann::ordered_json::array({{{"input", times}, {"output", keys}, {"interpolation", "LINEAR"}}})},
        {"channels",
         nlohmann::ordered_json::array({{{"sampler", 0}, {"target", {{"node", 1}, {"path", "rotation"}}}}})}}});
  return sample;
}

// Each value of the JSON in turn becomes each of these; many are absurd counts, offsets and indices.
void replace_every_value(const std::vector<std::byte>& glb) {
  const std::vector<Json> hostile = {
      nullptr, -1,  0,      1,    255,           65535,          4294967295,       4294967296,
      1e300,   0.5, "text", true, Json::array(), Json::object(), 9007199254740992, uint64_t{18446744073709551615u}};
  const std::vector<std::byte> binary = binary_of(glb);
  Json json = Json::parse(json_of(glb));
  for_each_value(json, [&](Json& value) {
    const Json original = value;
    for (const Json& replacement : hostile) {
      value = replacement;
      error_of(glb_of(json.dump(), binary));
    }
    value = original;
  });
}

TEST(GltfDamage, EveryValueMayBeAnythingInAWrittenFile) {
  replace_every_value(encode_glb(rich_asset()));
}

TEST(GltfDamage, EveryValueMayBeAnythingInASkinnedMorphedSparseFile) {
  ASSERT_EQ(error_of(sample_of_everything()), "no error");
  replace_every_value(sample_of_everything().glb());
}

TEST(GltfDamage, EveryValueMayBeAnythingInAFileOfSplats) {
  replace_every_value(encode_glb(one_cloud()));
  SampleGltf sample;
  sample.make_splats();
  ASSERT_EQ(error_of(sample), "no error");
  replace_every_value(sample.glb());
}

TEST(GltfDamage, EveryMemberMayBeMissing) {
  for (const std::vector<std::byte>& glb :
       {encode_glb(rich_asset()), sample_of_everything().glb(), encode_glb(splat_asset())}) {
    const std::vector<std::byte> binary = binary_of(glb);
    Json json = Json::parse(json_of(glb));
    const std::function<void(Json&)> drop = [&](Json& value) {
      if (!value.is_object()) return;
      const Json original = value;
      for (const auto& [key, unused] : original.items()) {
        value.erase(key);
        error_of(glb_of(json.dump(), binary));
        value[key] = original[key];
      }
    };
    drop(json);
    for_each_value(json, drop);
  }
}

TEST(GltfDamage, HeadersAreChecked) {
  const std::vector<std::byte> glb = encode_glb(triangle_asset());
  const auto with_word = [&](size_t offset, uint32_t word) {
    std::vector<std::byte> bytes = glb;
    std::memcpy(bytes.data() + offset, &word, sizeof(word));
    return error_of(bytes);
  };
  EXPECT_THAT(with_word(0, 0x46546c68), HasSubstr("is not a .glb"));
  EXPECT_THAT(with_word(4, 1), HasSubstr("container version 1, this build reads version 2"));
  EXPECT_THAT(with_word(8, 0xffffffff), HasSubstr("its header says 4294967295"));
  EXPECT_THAT(with_word(12, 0xfffffffc), HasSubstr("chunk says 4294967292 bytes"));
  EXPECT_THAT(with_word(12, 1015), HasSubstr("expected a multiple of 4"));
  EXPECT_THAT(with_word(16, 0x004e4942), HasSubstr("first chunk is not JSON"));
}

TEST(GltfDamage, AccessorsMustLieInTheirViewsAndViewsInTheirBuffers) {
  SampleGltf sample;
  sample.json()["accessors"][0]["count"] = 4;
  EXPECT_THAT(error_of(sample), HasSubstr("accessors[0] needs 48 bytes, its buffer view has 36"));
  sample = SampleGltf();
  sample.json()["accessors"][0]["byteOffset"] = 4;
  EXPECT_THAT(error_of(sample), HasSubstr("accessors[0] needs 40 bytes"));
  sample = SampleGltf();
  sample.json()["bufferViews"][0]["byteStride"] = 16;
  EXPECT_THAT(error_of(sample), HasSubstr("accessors[0] needs 44 bytes"));
  sample = SampleGltf();
  sample.json()["bufferViews"][0]["byteOffset"] = 4;
  EXPECT_THAT(error_of(sample), HasSubstr("bufferViews[0] covers 36 bytes from 4, its buffer has 36"));
  sample = SampleGltf();
  sample.json()["bufferViews"][0]["byteOffset"] = uint64_t{1} << 53;
  EXPECT_THAT(error_of(sample), HasSubstr("bufferViews[0] covers"));
  sample = SampleGltf();
  sample.json()["bufferViews"][0]["buffer"] = 1;
  EXPECT_THAT(error_of(sample), HasSubstr("bufferViews[0].buffer is 1, but the file has only 1 buffers"));
  sample = SampleGltf();
  sample.primitive()["attributes"]["NORMAL"] = sample.add_floats({0, 0, 1, 0, 0, 1}, "VEC3", 2);
  EXPECT_THAT(error_of(sample), HasSubstr("NORMAL has 2 elements for 3 vertices"));
}

TEST(GltfDamage, IndicesMustNameVertices) {
  SampleGltf sample;
  sample.primitive()["indices"] = sample.add<uint16_t>({0, 1, 3}, 5123, "SCALAR", 3);
  EXPECT_THAT(error_of(sample), HasSubstr("names vertex 3, but there are 3"));
  sample.primitive()["indices"] = sample.add<uint16_t>({0, 1}, 5123, "SCALAR", 2);
  EXPECT_THAT(error_of(sample), HasSubstr("2 indices, which make no whole triangles"));
  sample.primitive()["indices"] = sample.add_floats({0, 1, 2}, "SCALAR", 3);
  EXPECT_THAT(error_of(sample), HasSubstr("unsigned scalars"));
}

TEST(GltfDamage, NumbersMustBeFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  SampleGltf sample;
  sample.primitive()["attributes"]["POSITION"] = sample.add_floats({0, 0, 0, 1, nan, 0, 0, 1, 0}, "VEC3", 3);
  EXPECT_THAT(error_of(sample), HasSubstr("accessors[1] has a value that is not finite in element 1"));
  SampleGltf huge;
  huge.json()["nodes"][0]["scale"] = {1e300, 1, 1};
  EXPECT_THAT(error_of(huge), HasSubstr("not a finite number"));
  EXPECT_THAT(error_of(glb_of(R"({"asset":{"version":"2.0"},"nodes":[{"scale":[1e999,1,1]}]})")),
              HasSubstr("too large for a double"));
}

TEST(GltfDamage, AbsurdCountsFailBeforeMemoryIsTaken) {
  SampleGltf zeros;
  zeros.json()["accessors"][0].erase("bufferView");
  zeros.json()["accessors"][0]["count"] = 3000000000u;
  EXPECT_THAT(error_of(zeros), HasSubstr("accessors[0].count is 3000000000"));

  // 60,000 nodes that each show a mesh of a million vertices without any data.
  SampleGltf repeated;
  repeated.json()["accessors"][0].erase("bufferView");
  repeated.json()["accessors"][0]["count"] = 999999;
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array(), roots = nlohmann::ordered_json::array();
  for (int i = 0; i < 60000; ++i) {
    nodes.push_back({{"mesh", 0}});
    roots.push_back(i);
  }
  repeated.json()["nodes"] = nodes;
  repeated.json()["scenes"][0]["nodes"] = roots;
  EXPECT_THAT(error_of(repeated), HasSubstr("repeats its data"));
}

TEST(GltfDamage, PicturesThatCannotHoldTheirPixelsAreRefusedByTheirHeaders) {
  // A PNG header of 16384x16384 RGBA pixels with nothing behind it; CRC of the IHDR chunk by the PNG specification.
  const std::vector<uint8_t> png = {0x89, 'P', 'N', 'G', 13,  10, 26, 10, 0,  0,   0,   13,  'I', 'H',
                                    'D',  'R', 0,   0,   64,  0,  0,  0,  64, 0,   8,   6,   0,   0,
                                    0,    169, 200, 16,  132, 0,  0,  0,  16, 'I', 'D', 'A', 'T'};
  SampleGltf sample;
  const size_t view = sample.add<uint8_t>(png, 5121, "SCALAR", png.size());
  sample.json()["images"] = nlohmann::ordered_json::array({{{"bufferView", view}, {"mimeType", "image/png"}}});
  sample.json()["textures"] = nlohmann::ordered_json::array({{{"source", 0}}});
  sample.json()["materials"] = nlohmann::ordered_json::array({{{"normalTexture", {{"index", 0}}}}});
  EXPECT_THAT(error_of(sample), HasSubstr("images[0]: the PNG data is damaged or cut"));
}

TEST(GltfDamage, JsonMustBeAnObjectOfBoundedDepth) {
  EXPECT_THAT(error_of(glb_of("[1]")), HasSubstr("holds a JSON array, expected an object"));
  EXPECT_THAT(error_of(glb_of("{\"asset\":")), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(error_of(glb_of("{\"a\":\"\xff\"}")), HasSubstr("not valid JSON"));
  const std::string deep = "{\"extras\":" + std::string(1000000, '[') + std::string(1000000, ']') + "}";
  EXPECT_THAT(error_of(glb_of(deep)), HasSubstr("deeper than 64 levels"));
  EXPECT_THAT(error_of(glb_of("{}")), HasSubstr("asset is missing"));
  EXPECT_THAT(error_of(glb_of(R"({"asset":{"version":"1.0"}})")), HasSubstr("is glTF 1.0"));
}

}  // namespace
}  // namespace diorama
