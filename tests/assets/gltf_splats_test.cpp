// Splats as KHR_gaussian_splatting: what is written, and what is read of files by others.
#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/scene/color.h"
#include "engine/scene/spherical_harmonics.h"
#include "engine/scene/splat_transform.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

namespace diorama {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// Two splats of degree 0 whose numbers are short in float.
Asset two_splats() {
  Asset asset;
  SplatCloud cloud;
  cloud.resize(2);
  cloud.positions = {{1, 2, 3}, {-1, 0, 0.5f}};
  cloud.scales = {{0.5f, 0.25f, 0}, {1, 1, 2}};
  cloud.rotations_xyzw = {{0, 0, 0, 1}, {1, 0, 0, 0}};
  cloud.opacities = {1, 0.5f};
  cloud.sh = {{0, 0, 0}, {4, -4, 0}};
  asset.splats.push_back({.name = "two", .cloud = cloud});
  return asset;
}

TEST(GltfSplats, TheseBytesAreWrittenForTwoSplats) {
  const std::vector<std::byte> glb = encode_glb(two_splats());
  const std::string json =
      R"({"asset":{"version":"2.0","generator":"Diorama"},"extensionsUsed":["KHR_gaussian_splatting"],)"
      R"("scene":0,"scenes":[{"nodes":[0]}],)"
      R"("bufferViews":[{"buffer":0,"byteOffset":0,"byteLength":24,"target":34962},)"
      R"({"buffer":0,"byteOffset":24,"byteLength":16,"target":34962},)"
      R"({"buffer":0,"byteOffset":40,"byteLength":32,"target":34962},)"
      R"({"buffer":0,"byteOffset":72,"byteLength":24,"target":34962},)"
      R"({"buffer":0,"byteOffset":96,"byteLength":8,"target":34962},)"
      R"({"buffer":0,"byteOffset":104,"byteLength":24,"target":34962}],)"
      R"("accessors":[{"bufferView":0,"componentType":5126,"count":2,"type":"VEC3","min":[-1.0,0.0,0.5],)"
      R"("max":[1.0,2.0,3.0]},{"bufferView":1,"componentType":5123,"count":2,"type":"VEC4","normalized":true},)"
      R"({"bufferView":2,"componentType":5126,"count":2,"type":"VEC4"},)"
      R"({"bufferView":3,"componentType":5126,"count":2,"type":"VEC3"},)"
      R"({"bufferView":4,"componentType":5126,"count":2,"type":"SCALAR"},)"
      R"({"bufferView":5,"componentType":5126,"count":2,"type":"VEC3"}],)"
      R"("meshes":[{"name":"two","primitives":[{"attributes":{"POSITION":0,"COLOR_0":1,)"
      R"("KHR_gaussian_splatting:ROTATION":2,"KHR_gaussian_splatting:SCALE":3,"KHR_gaussian_splatting:OPACITY":4,)"
      R"("KHR_gaussian_splatting:SH_DEGREE_0_COEF_0":5},"mode":0,"extensions":{"KHR_gaussian_splatting":)"
      R"({"kernel":"ellipse","colorSpace":"srgb_rec709_display","sortingMethod":"cameraDistance",)"
      R"("projection":"perspective"}}}]}],)"
      R"("nodes":[{"name":"asset_from_capture","children":[1]},{"mesh":0,"name":"two"}],)"
      R"("buffers":[{"byteLength":128}]})";
  EXPECT_EQ(json_of(glb).substr(0, json.size()), json);
  EXPECT_EQ(hex_of(binary_of(glb)),
            "0000803f0000004000004040"
            "000080bf000000000000003f"
            // Colour 0.5 is 0.2140 in linear light: 14027 of 65535. The second is clamped to 1, 0, and opacity 0.5.
            "cb36cb36cb36ffff"
            "ffff0000cb360080"
            "0000000000000000000000000000803f"
            "0000803f000000000000000000000000"
            "0000003f0000803e00000000"
            "0000803f0000803f00000040"
            "0000803f0000003f"
            "000000000000000000000000"
            "00008040000080c000000000");
}

TEST(GltfSplats, ComeBackToTheBitWhereTheRootNodeStandsStill) {
  Asset asset = splat_asset();
  asset.record->asset_from_capture = {};
  const Asset back = parse_glb(encode_glb(asset), "splats.glb");
  ASSERT_EQ(back.splats.size(), 2u);
  EXPECT_EQ(back.meshes.size(), 1u);
  EXPECT_TRUE(back.notes.empty());
  for (size_t i = 0; i < 2; ++i) {
    const SplatCloud &a = asset.splats[i].cloud, &b = back.splats[i].cloud;
    EXPECT_EQ(back.splats[i].name, asset.splats[i].name);
    EXPECT_EQ(b.sh_degree, a.sh_degree);
    EXPECT_EQ(b.positions, a.positions);
    EXPECT_EQ(b.scales, a.scales);
    EXPECT_EQ(b.rotations_xyzw, a.rotations_xyzw);
    EXPECT_EQ(b.opacities, a.opacities);
    EXPECT_EQ(b.sh, a.sh);
  }
}

TEST(GltfSplats, RecordTellsOfAntialiasing) {
  Asset asset = splat_asset();
  for (const bool antialiased : {true, false}) {
    asset.record->antialiased = antialiased;
    const std::vector<std::byte> glb = encode_glb(asset);
    EXPECT_EQ(Json::parse(json_of(glb))["asset"]["extras"]["diorama"]["antialiased"], antialiased);
    EXPECT_EQ(parse_glb(glb, "splats.glb").record->antialiased, antialiased);
  }
}

// The data stays in the capture's frame; the root node alone makes +Y up, and readers turn the SH with it.
TEST(GltfSplats, RootNodeCarriesTheMotion) {
  const Asset asset = splat_asset();
  const std::vector<std::byte> glb = encode_glb(asset);
  Json json = Json::parse(json_of(glb));
  EXPECT_EQ(json["nodes"][0]["rotation"], Json({1, 0, 0, 0})) << "half a turn about x";
  json["nodes"][0].erase("rotation");
  json["nodes"][0].erase("translation");
  const Asset in_capture = parse_glb(glb_of(json.dump(), binary_of(glb)), "unturned.glb");
  SplatCloud expected = asset.splats[0].cloud;
  transform(expected, inverse(turned_up()));
  const Asset back = parse_glb(glb, "splats.glb");
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(glm::length(in_capture.splats[0].cloud.positions[i] - expected.positions[i]), 1e-6f);
    EXPECT_LE(glm::length(back.splats[0].cloud.positions[i] - asset.splats[0].cloud.positions[i]), 1e-6f)
        << "positions near 2 m have steps of 2.4e-7, moved twice";
  }
  for (size_t i = 0; i < expected.sh.size(); ++i) {
    EXPECT_LE(glm::length(in_capture.splats[0].cloud.sh[i] - expected.sh[i]), 5e-6f) << "7 float products";
    EXPECT_LE(glm::length(back.splats[0].cloud.sh[i] - asset.splats[0].cloud.sh[i]), 1e-5f) << "turned twice";
  }
}

TEST(GltfSplats, ANodeTurnsScalesAndMovesThem) {
  SampleGltf sample;
  sample.make_splats();
  const float s = std::sqrt(0.5f);
  sample.json()["nodes"][0]["rotation"] = {0, 0, s, s};  // x to y
  sample.json()["nodes"][0]["scale"] = {2, 2, 2};
  sample.json()["nodes"][0]["translation"] = {0, 0, 1};
  const Asset asset = sample.parsed();
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  EXPECT_LE(glm::length(cloud.positions[1] - glm::vec3(0, 2, 1)), 1e-6f) << "float rotation";
  EXPECT_LE(glm::length(cloud.scales[1] - glm::vec3(2, 4, 6)), 1e-5f) << "float rotation";
  const glm::vec4 turned(0, 0, s, s);
  EXPECT_NEAR(std::abs(glm::dot(cloud.rotations_xyzw[0], turned)), 1, 1e-6);
  // Coefficient of -y before, 1 2 3: what was seen along y is seen along -x, and the factor of -x grows by as much.
  const auto basis = sh_basis(glm::dvec3(0, 1, 0)), moved = sh_basis(glm::dvec3(-1, 0, 0));
  double before = 0, after = 0;
  for (size_t k = 0; k < 4; ++k) before += basis[k] * 1.0, after += moved[k] * static_cast<double>(cloud.sh[k].x);
  EXPECT_NEAR(after, before, 1e-6);
}

TEST(GltfSplats, QuantizedAttributesAreRead) {
  SampleGltf sample;
  sample.make_splats();
  auto& attributes = sample.primitive()["attributes"];
  attributes["KHR_gaussian_splatting:ROTATION"] =
      sample.add<int8_t>({0, 0, 0, 127, 0, 0, 90, 90, -127, 0, 0, 0}, 5120, "VEC4", 3, true);
  attributes["KHR_gaussian_splatting:SCALE"] =
      sample.add<uint16_t>({65535, 0, 13107, 1, 1, 1, 2, 2, 2}, 5123, "VEC3", 3, true);
  attributes["KHR_gaussian_splatting:OPACITY"] = sample.add<uint8_t>({0, 51, 255}, 5121, "SCALAR", 3, true);
  const Asset asset = sample.parsed();
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  EXPECT_FLOAT_EQ(glm::length(cloud.rotations_xyzw[1]), 1) << "90/127 twice is a length of 1.002";
  EXPECT_FLOAT_EQ(cloud.rotations_xyzw[1].z, std::sqrt(0.5f));
  EXPECT_EQ(cloud.rotations_xyzw[2], glm::vec4(-1, 0, 0, 0));
  EXPECT_EQ(cloud.scales[0], glm::vec3(1, 0, 0.2f));
  EXPECT_EQ(cloud.opacities, (std::vector<float>{0, 0.2f, 1}));
  attributes["KHR_gaussian_splatting:SCALE"] = sample.add<uint8_t>(std::vector<uint8_t>(9, 3), 5121, "VEC3", 3);
  EXPECT_EQ(sample.parsed().splats[0].cloud.scales[0], glm::vec3(3)) << "whole metres";
}

TEST(GltfSplats, ScalesOfReviewDraftsAreLogarithms) {
  SampleGltf sample;
  sample.make_splats();
  auto& attributes = sample.primitive()["attributes"];
  const std::vector<float> logarithms = {-4, -5, 0.5f, -1, 0, -2, -3, -3, -3};
  attributes["KHR_gaussian_splatting:SCALE"] = sample.add_floats(logarithms, "VEC3", 3);
  sample.primitive()["extensions"]["KHR_gaussian_splatting"]["colorSpace"] = "BT.709-sRGB";
  const Asset asset = sample.parsed();
  EXPECT_FLOAT_EQ(asset.splats[0].cloud.scales[0].x, std::exp(-4.0f));
  EXPECT_FLOAT_EQ(asset.splats[0].cloud.scales[0].z, std::exp(0.5f));
  EXPECT_THAT(asset.notes, testing::ElementsAre(HasSubstr("its scales are logarithms")));
  attributes["KHR_gaussian_splatting:SCALE"] = sample.add<int8_t>(std::vector<int8_t>(9, 0), 5120, "VEC3", 3);
  EXPECT_EQ(sample.parsed().splats[0].cloud.scales[0], glm::vec3(1)) << "signed numbers are of the draft alone";
}

TEST(GltfSplats, FirstDraftsHaveColourAndOpacityInColor0) {
  SampleGltf sample;
  sample.make_splats();
  auto& attributes = sample.primitive()["attributes"];
  const size_t rotation = attributes["KHR_gaussian_splatting:ROTATION"],
               scale = attributes["KHR_gaussian_splatting:SCALE"];
  attributes = {{"POSITION", 0}, {"_ROTATION", rotation}, {"_SCALE", scale}};
  attributes["COLOR_0"] = sample.add<uint8_t>({255, 0, 51, 102, 0, 0, 0, 255, 1, 1, 1, 1}, 5121, "VEC4", 3, true);
  sample.primitive()["extensions"]["KHR_gaussian_splatting"] = nlohmann::ordered_json::object();
  const Asset asset = sample.parsed();
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  EXPECT_EQ(cloud.sh_degree, 0);
  EXPECT_FLOAT_EQ(cloud.opacities[0], 0.4f);
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[0].x, 1.0f);
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[0].z, 0.2f);
  EXPECT_THAT(asset.notes, testing::ElementsAre(HasSubstr("COLOR_0")));
}

TEST(GltfSplats, RotationsWithoutDirectionAreNamed) {
  SampleGltf sample;
  sample.make_splats();
  sample.primitive()["attributes"]["KHR_gaussian_splatting:ROTATION"] =
      sample.add_floats({0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, "VEC4", 3);
  const Asset asset = sample.parsed();
  EXPECT_EQ(asset.splats[0].cloud.rotations_xyzw[1], glm::vec4(0, 0, 0, 1));
  EXPECT_THAT(asset.notes,
              testing::ElementsAre(HasSubstr("2 splats without a rotation (0 0 0 0), the first is number 1")));
}

// Each changes a sound sample and expects this part of the message.
struct Damage {
  const char* what;
  void (*damage)(SampleGltf&);
  ErrorCode code;
  const char* message;
};

nlohmann::ordered_json& extension_of(SampleGltf& sample) {
  return sample.primitive()["extensions"]["KHR_gaussian_splatting"];
}

void drop(SampleGltf& sample, const char* name) {
  sample.primitive()["attributes"].erase(std::string("KHR_gaussian_splatting:") + name);
}

void put(SampleGltf& sample, const char* name, size_t accessor) {
  sample.primitive()["attributes"][std::string("KHR_gaussian_splatting:") + name] = accessor;
}

const Damage kDamages[] = {
    {"kernel", [](SampleGltf& s) { extension_of(s)["kernel"] = "ellipse2d"; }, ErrorCode::kUnsupported,
     "kernel is \"ellipse2d\", this build reads \"ellipse\""},
    {"linear light", [](SampleGltf& s) { extension_of(s)["colorSpace"] = "lin_rec709_display"; },
     ErrorCode::kUnsupported, "colorSpace is \"lin_rec709_display\""},
    {"projection", [](SampleGltf& s) { extension_of(s)["projection"] = "fisheye"; }, ErrorCode::kUnsupported,
     "projection is \"fisheye\""},
    {"compression", [](SampleGltf& s) { extension_of(s)["extensions"]["KHR_some_compression"]["bufferView"] = 0; },
     ErrorCode::kUnsupported, "KHR_some_compression"},
    {"triangles", [](SampleGltf& s) { s.primitive().erase("mode"); }, ErrorCode::kInvalidInput, "must be points"},
    {"indices", [](SampleGltf& s) { s.primitive()["indices"] = 0; }, ErrorCode::kUnsupported, "by indices"},
    {"no rotation", [](SampleGltf& s) { drop(s, "ROTATION"); }, ErrorCode::kInvalidInput, "ROTATION is missing"},
    {"no opacity", [](SampleGltf& s) { drop(s, "OPACITY"); }, ErrorCode::kInvalidInput, "COLOR_0 is missing"},
    {"part of a degree", [](SampleGltf& s) { drop(s, "SH_DEGREE_1_COEF_1"); }, ErrorCode::kInvalidInput,
     "2 of the 3 coefficients of SH degree 1"},
    {"missing degree",
     [](SampleGltf& s) {
       for (const char* name : {"SH_DEGREE_1_COEF_0", "SH_DEGREE_1_COEF_1", "SH_DEGREE_1_COEF_2"}) drop(s, name);
       for (int n = 0; n < 5; ++n) put(s, fmt::format("SH_DEGREE_2_COEF_{}", n).c_str(), 0);
     },
     ErrorCode::kInvalidInput, "SH degree 2 without degree 1"},
    {"count",
     [](SampleGltf& s) {
       put(s, "OPACITY", s.add_floats({1, 1}, "SCALAR", 2));
     },
     ErrorCode::kInvalidInput, "OPACITY has 2 elements for 3 splats"},
    {"type", [](SampleGltf& s) { put(s, "SCALE", s.add_floats(std::vector<float>(12, 1.0f), "VEC4", 3)); },
     ErrorCode::kInvalidInput, "4 components, expected 3"},
    {"component",
     [](SampleGltf& s) {
       put(s, "OPACITY", s.add<uint8_t>({1, 1, 1}, 5121, "SCALAR", 3));
     },
     ErrorCode::kInvalidInput, "OPACITY is made of components of type 5121"},
    {"opacity",
     [](SampleGltf& s) {
       put(s, "OPACITY", s.add_floats({1, 2, 0}, "SCALAR", 3));
     },
     ErrorCode::kInvalidInput, "splat 1 of the cloud has opacity 2"},
    {"huge logarithm",
     [](SampleGltf& s) {
       put(s, "SCALE", s.add_floats({-1, 0, 0, 0, 0, 99, 0, 0, 0}, "VEC3", 3));
     },
     ErrorCode::kInvalidInput, "splat 1 of the cloud has a scale that is not a finite number"},
};

TEST(GltfSplats, DamageIsNamed) {
  for (const Damage& damage : kDamages) {
    SCOPED_TRACE(damage.what);
    SampleGltf sample;
    sample.make_splats();
    damage.damage(sample);
    DIO_EXPECT_ERROR(sample.parsed(), damage.code, damage.message);
  }
}

TEST(GltfSplats, UnsoundCloudsAreNotWritten) {
  Asset asset = two_splats();
  asset.splats[0].cloud.opacities[1] = 1.5f;
  DIO_EXPECT_ERROR(encode_glb(asset), ErrorCode::kInvalidInput, "splats \"two\": splat 1 of the cloud has opacity 1.5");
  asset.splats[0].cloud = {};
  DIO_EXPECT_ERROR(encode_glb(asset), ErrorCode::kInvalidInput, "no triangles and no splats");
}

// The validator lets attribute names with the extension's prefix pass unchecked; this checks their accessors instead.
TEST(GltfSplats, EveryWrittenAccessorIsOneThatTheKernelAllows) {
  const Json json = Json::parse(json_of(encode_glb(splat_asset())));
  size_t checked = 0;
  for (const Json& mesh : json["meshes"]) {
    const Json& primitive = mesh["primitives"][0];
    if (!primitive.contains("extensions")) continue;
    const size_t count = json["accessors"][primitive["attributes"]["POSITION"].get<size_t>()]["count"];
    for (const auto& [name, index] : primitive["attributes"].items()) {
      const Json& accessor = json["accessors"][index.get<size_t>()];
      const Json& view = json["bufferViews"][accessor["bufferView"].get<size_t>()];
      EXPECT_EQ(accessor["count"], count) << name;
      EXPECT_EQ(view["byteOffset"].get<size_t>() % 4, 0u) << name;
      EXPECT_EQ(view["target"], 34962) << name;
      if (name == "COLOR_0") continue;
      EXPECT_EQ(accessor["componentType"], 5126) << name;
      const std::string type = name.ends_with("ROTATION") ? "VEC4" : name.ends_with("OPACITY") ? "SCALAR" : "VEC3";
      EXPECT_EQ(accessor["type"], type) << name;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 4 + 16u + 4 + 4) << "position, rotation, scale, opacity and the SH of two clouds";
}

}  // namespace
}  // namespace diorama
