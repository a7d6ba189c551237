#include "assets/gltf.h"
#include "assets/gltf/asset_record.h"
#include "engine/base/error.h"
#include "tests/assets/samples.h"

#include <gmock/gmock.h>

#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kHalf = 0.70710678f;  // sin and cos of 45 degrees: quaternions of a quarter turn

std::string error_of(const SampleGltf& sample, ErrorCode code = ErrorCode::kInvalidInput) {
  try {
    sample.parsed();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), HasSubstr("sample.glb: "));
    return error.what();
  }
  return "no error";
}

// 1e-6: quaternions of seven digits, coordinates near 1.
void expect_near(glm::vec3 point, glm::vec3 expected) {
  EXPECT_LE(glm::length(point - expected), 1e-6f) << point.x << " " << point.y << " " << point.z;
}

Mesh only_mesh(const SampleGltf& sample) {
  const Asset asset = sample.parsed();
  EXPECT_EQ(asset.meshes.size(), 1u);
  return asset.meshes.at(0).mesh;
}

TEST(GltfReader, MultipliesNodeMotionsDownTheTree) {
  SampleGltf sample;
  sample.json()["nodes"] = Json::array({
      {{"translation", {10, 0, 0}}, {"children", {1}}},
      {{"rotation", {0, 0, kHalf, kHalf}}, {"scale", {2, 2, 2}}, {"children", {2}}},
      {{"matrix", {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 5, 1}}, {"mesh", 0}},
  });
  const Mesh mesh = only_mesh(sample);
  expect_near(mesh.positions[0], {10, 0, 10});
  expect_near(mesh.positions[1], {10, 2, 10});  // x turned to y, doubled
  expect_near(mesh.positions[2], {8, 0, 10});
  expect_near(mesh.normals[0], {0, 0, 1});
}

TEST(GltfReader, AMirrorTurnsTrianglesSoThatTheirOutsideStays) {
  SampleGltf sample;
  sample.json()["nodes"][0]["scale"] = {-1, 1, 1};
  const Mesh mesh = only_mesh(sample);
  const glm::uvec3 t = mesh.triangles[0];
  const glm::vec3 normal =
      glm::cross(mesh.positions[t.y] - mesh.positions[t.x], mesh.positions[t.z] - mesh.positions[t.x]);
  EXPECT_GT(normal.z, 0);
}

TEST(GltfReader, ShowsTheNamedSceneOnlyAndEveryNodeThatHasTheMesh) {
  SampleGltf sample;
  sample.json()["nodes"] = Json::array({{{"mesh", 0}}, {{"mesh", 0}, {"translation", {3, 0, 0}}}, {{"mesh", 0}}});
  sample.json()["scenes"] = Json::array({{{"nodes", {0}}}, {{"nodes", {1, 2}}}});
  sample.json()["scene"] = 1;
  const Asset asset = sample.parsed();
  ASSERT_EQ(asset.meshes.size(), 2u);
  expect_near(asset.meshes[0].mesh.positions[0], {3, 0, 0});
  expect_near(asset.meshes[1].mesh.positions[0], {0, 0, 0});
}

// Joint 1 stands at (0, 1, 0), turned a quarter about z; its inverse bind matrix takes (0, 1, 0) back to its origin.
SampleGltf skinned_sample() {
  SampleGltf sample;
  Json& json = sample.json();
  const size_t joints = sample.add<uint8_t>({0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, 5121, "VEC4", 3);
  const size_t weights = sample.add<uint8_t>({255, 0, 0, 0, 255, 0, 0, 0, 128, 127, 0, 0}, 5121, "VEC4", 3, true);
  const size_t inverse_bind = sample.add_floats(
      {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1}, "MAT4", 2);
  sample.primitive()["attributes"]["JOINTS_0"] = joints;
  sample.primitive()["attributes"]["WEIGHTS_0"] = weights;
  json["skins"] = Json::array({{{"joints", {1, 2}}, {"inverseBindMatrices", inverse_bind}}});
  json["nodes"] = Json::array({{{"mesh", 0}, {"skin", 0}, {"translation", {99, 0, 0}}},
                               {{"children", {2}}},
                               {{"translation", {0, 1, 0}}, {"rotation", {0, 0, kHalf, kHalf}}}});
  json["scenes"][0]["nodes"] = {0, 1};
  return sample;
}

TEST(GltfReader, SkinsBlendJointsByWeightAndIgnoreTheMeshesOwnNode) {
  const Mesh mesh = only_mesh(skinned_sample());
  expect_near(mesh.positions[0], {0, 0, 0});  // joint 0 stands still
  // Joint 1: (1, 0, 0) lies (1, -1, 0) from it, turned to (1, 1, 0), put back at (0, 1, 0).
  expect_near(mesh.positions[1], {1, 2, 0});
  // (0, 1, 0) is where both joints leave it.
  expect_near(mesh.positions[2], {0, 1, 0});
}

TEST(GltfReader, RefusesJointsThatTheSkinDoesNotHave) {
  SampleGltf sample = skinned_sample();
  sample.json()["skins"][0]["joints"] = {1};
  EXPECT_THAT(error_of(sample), HasSubstr("joint 1, but its skin has 1 joints"));
  sample.json()["skins"][0]["joints"] = {1, 2, 0};
  EXPECT_THAT(error_of(sample), HasSubstr("3 joints, but 2 inverse bind matrices"));
  sample.json()["skins"][0]["joints"] = Json::array();
  EXPECT_THAT(error_of(sample), HasSubstr("skins[0] has no joints"));
}

SampleGltf morphed_sample() {
  SampleGltf sample;
  const size_t up = sample.add_floats({0, 0, 1, 0, 0, 1, 0, 0, 1}, "VEC3", 3);
  const size_t right = sample.add_floats({1, 0, 0, 1, 0, 0, 1, 0, 0}, "VEC3", 3);
  sample.primitive()["targets"] = Json::array({{{"POSITION", up}}, {{"POSITION", right}}});
  sample.json()["meshes"][0]["weights"] = {0.5, 0};
  return sample;
}

TEST(GltfReader, MorphWeightsComeFromTheAnimationBeforeTheNodeBeforeTheMesh) {
  SampleGltf sample = morphed_sample();
  expect_near(only_mesh(sample).positions[0], {0, 0, 0.5f});
  sample.json()["nodes"][0]["weights"] = {0, 2};
  expect_near(only_mesh(sample).positions[0], {2, 0, 0});
  const size_t times = sample.add_floats({0.5f, 1}, "SCALAR", 2);
  const size_t keys = sample.add_floats({3, 4, 7, 7}, "SCALAR", 4);
  sample.json()["animations"] =
      Json::array({{{"samplers", Json::array({{{"input", times}, {"output", keys}}})},
                    {"channels", Json::array({{{"sampler", 0}, {"target", {{"node", 0}, {"path", "weights"}}}}})}}});
  expect_near(only_mesh(sample).positions[0], {4, 0, 3});
}

TEST(GltfReader, AnimationsStandAtTheirFirstKey) {
  SampleGltf sample;
  const size_t times = sample.add_floats({0, 1}, "SCALAR", 2);
  // Cubic keys are an in-tangent, a value and an out-tangent each.
  const size_t moves = sample.add_floats({9, 9, 9, 1, 2, 3, 9, 9, 9, 9, 9, 9, 8, 8, 8, 9, 9, 9}, "VEC3", 6);
  const size_t turns = sample.add<int16_t>({0, 0, 23170, 23170, 0, 0, 0, 32767}, 5122, "VEC4", 2, true);
  sample.json()["animations"] =
      Json::array({{{"samplers", Json::array({{{"input", times}, {"output", moves}, {"interpolation", "CUBICSPLINE"}},
                                              {{"input", times}, {"output", turns}}})},
                    {"channels", Json::array({{{"sampler", 0}, {"target", {{"node", 0}, {"path", "translation"}}}},
                                              {{"sampler", 1}, {"target", {{"node", 0}, {"path", "rotation"}}}},
                                              {{"sampler", 1}, {"target", {{"path", "rotation"}}}}})}}});
  const Mesh mesh = only_mesh(sample);
  expect_near(mesh.positions[0], {1, 2, 3});
  expect_near(mesh.positions[1], {1, 3, 3});
  sample.json()["animations"][0]["samplers"][1]["output"] = moves;
  EXPECT_THAT(error_of(sample), HasSubstr("6 values for 2 keys, expected 2"));
}

TEST(GltfReader, SparseAccessorsOverrideSingleElements) {
  SampleGltf sample;
  const size_t indices = sample.add<uint16_t>({2}, 5123, "SCALAR", 1);
  const size_t values = sample.add_floats({0, 7, 0}, "VEC3", 1);
  Json sparse = {{"count", 1},
                 {"indices", {{"bufferView", indices}, {"componentType", 5123}}},
                 {"values", {{"bufferView", values}}}};
  sample.json()["accessors"][0]["sparse"] = sparse;
  expect_near(only_mesh(sample).positions[2], {0, 7, 0});
  expect_near(only_mesh(sample).positions[1], {1, 0, 0});

  sample.json()["accessors"][0].erase("bufferView");  // then the others are zero
  expect_near(only_mesh(sample).positions[2], {0, 7, 0});
  expect_near(only_mesh(sample).positions[1], {0, 0, 0});

  sample.json()["accessors"][0]["sparse"]["count"] = 2;
  EXPECT_NE(error_of(sample), "no error");
  const size_t twice = sample.add<uint16_t>({1, 1}, 5123, "SCALAR", 2);
  const size_t both = sample.add_floats({0, 7, 0, 0, 8, 0}, "VEC3", 2);
  sample.json()["accessors"][0]["sparse"]["indices"]["bufferView"] = twice;
  sample.json()["accessors"][0]["sparse"]["values"]["bufferView"] = both;
  EXPECT_THAT(error_of(sample), HasSubstr("indices[1] is 1, expected increasing numbers"));
}

TEST(GltfReader, NormalisedIntegersBecomeFractions) {
  SampleGltf sample;
  const size_t positions =
      sample.add<int16_t>({-32768, 32767, 0, 0, -32767, 0, 0, 0, 0, 16384, 0, 0}, 5122, "VEC3", 3, true);
  sample.json()["bufferViews"][positions]["byteStride"] = 8;
  const size_t uvs = sample.add<uint8_t>({0, 255, 0, 0, 51, 102, 0, 0, 255, 0, 0, 0}, 5121, "VEC2", 3, true);
  sample.json()["bufferViews"][uvs]["byteStride"] = 4;
  const size_t colors = sample.add<uint8_t>({255, 0, 51, 0, 0, 255, 0, 0, 0, 0, 0, 0}, 5121, "VEC3", 3, true);
  sample.json()["bufferViews"][colors]["byteStride"] = 4;
  sample.primitive()["attributes"] = {{"POSITION", positions}, {"TEXCOORD_0", uvs}, {"COLOR_0", colors}};
  const Mesh mesh = only_mesh(sample);
  EXPECT_EQ(mesh.positions[0], glm::vec3(-1, 1, 0)) << "the smallest i16 is clamped to -1";
  EXPECT_EQ(mesh.positions[1], glm::vec3(-1, 0, 0));
  EXPECT_EQ(mesh.uvs[1], glm::vec2(0.2f, 0.4f));
  EXPECT_EQ(mesh.colors_linear[0], glm::vec4(1, 0, 0.2f, 1));
}

Mesh five_points_as(int mode) {
  SampleGltf sample;
  sample.primitive()["attributes"]["POSITION"] =
      sample.add_floats({0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 2, 0, 0}, "VEC3", 5);
  sample.primitive()["mode"] = mode;
  sample.primitive()["material"] = 0;
  sample.json()["materials"] = Json::array({{{"extensions", {{"KHR_materials_unlit", Json::object()}}}}});
  return only_mesh(sample);
}

TEST(GltfReader, StripsAndFansBecomeTriangles) {
  EXPECT_THAT(five_points_as(5).triangles, ElementsAre(glm::uvec3(0, 1, 2), glm::uvec3(1, 3, 2), glm::uvec3(2, 3, 4)));
  EXPECT_THAT(five_points_as(6).triangles, ElementsAre(glm::uvec3(0, 1, 2), glm::uvec3(0, 2, 3), glm::uvec3(0, 3, 4)));
}

TEST(GltfReader, PointsAndLinesAreLeftOutAndNoted) {
  SampleGltf sample;
  sample.primitive()["mode"] = 0;
  const Asset asset = sample.parsed();
  EXPECT_TRUE(asset.meshes.empty());
  EXPECT_THAT(asset.notes, ElementsAre("meshes[0].primitives[0] is made of points or lines, which are left out"));
}

TEST(GltfReader, OnlyUsedVerticesAreKeptInTheirOrder) {
  SampleGltf sample;
  sample.primitive()["attributes"]["POSITION"] =
      sample.add_floats({9, 9, 9, 0, 1, 0, 9, 9, 9, 1, 0, 0, 0, 0, 0}, "VEC3", 5);
  sample.primitive()["indices"] = sample.add<uint32_t>({4, 3, 1}, 5125, "SCALAR", 3);
  sample.primitive()["material"] = 0;
  sample.json()["materials"] = Json::array({{{"extensions", {{"KHR_materials_unlit", Json::object()}}}}});
  const Mesh mesh = only_mesh(sample);
  EXPECT_THAT(mesh.positions, ElementsAre(glm::vec3(0, 1, 0), glm::vec3(1, 0, 0), glm::vec3(0)));
  EXPECT_THAT(mesh.triangles, ElementsAre(glm::uvec3(2, 1, 0)));
}

TEST(GltfReader, LitMeshesWithoutNormalsAreFlatAndUnlitOnesStaySmooth) {
  SampleGltf sample;  // two triangles that share an edge, at a right angle
  sample.primitive()["attributes"]["POSITION"] = sample.add_floats({0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, -1}, "VEC3", 4);
  sample.primitive()["indices"] = sample.add<uint8_t>({0, 1, 2, 0, 2, 3}, 5121, "SCALAR", 6);
  const Mesh flat = only_mesh(sample);
  EXPECT_EQ(flat.positions.size(), 6u);
  expect_near(flat.normals[0], {0, 0, 1});
  expect_near(flat.normals[3], {-1, 0, 0});
  sample.json()["materials"] = Json::array({{{"extensions", {{"KHR_materials_unlit", Json::object()}}}}});
  sample.primitive()["material"] = 0;
  const Mesh smooth = only_mesh(sample);
  EXPECT_EQ(smooth.positions.size(), 4u);
  expect_near(smooth.normals[0], {-kHalf, 0, kHalf});
}

TEST(GltfReader, EveryTextureHasItsOwnTransform) {
  const std::vector<std::byte> rich = encode_glb(rich_asset());
  Json json = Json::parse(json_of(rich));
  // KHR_texture_transform's own example: the lower left quarter of the image, turned by 90 degrees.
  json["materials"][1]["pbrMetallicRoughness"]["baseColorTexture"]["extensions"]["KHR_texture_transform"] = {
      {"offset", {0, 1}}, {"rotation", 1.57079632679}, {"scale", {0.5, 0.5}}};
  const Asset asset = parse_glb(glb_of(json.dump(), binary_of(rich)), "turned.glb");
  const Asset plain = parse_glb(rich, "rich.glb");
  const Material& material = asset.materials[1];
  for (size_t i = 0; i < 25; ++i) {
    const glm::vec2 uv = asset.meshes[1].mesh.uvs[i];
    EXPECT_EQ(uv, plain.meshes[1].mesh.uvs[i]);
    const glm::vec2 moved = material.uv[0].transform * glm::vec3(uv, 1);
    EXPECT_LE(glm::length(moved - glm::vec2(0.5f * uv.y, 1 - 0.5f * uv.x)), 1e-6f) << "float rounding below 1";
  }
  for (size_t slot = 1; slot < kTextureSlots; ++slot) {
    EXPECT_EQ(material.uv[slot], plain.materials[1].uv[slot]);
  }
  EXPECT_TRUE(asset.notes.empty());
}

TEST(GltfReader, TwoSetsOfCoordinatesAreReadAndAThirdIsTold) {
  const std::vector<std::byte> rich = encode_glb(rich_asset());
  Json json = Json::parse(json_of(rich));
  Json& attributes = json["meshes"][1]["primitives"][0]["attributes"];
  attributes["TEXCOORD_3"] = attributes["TEXCOORD_0"];
  Json& material = json["materials"][1];
  material["occlusionTexture"]["texCoord"] = 3;
  material["occlusionTexture"]["strength"] = 0.25;
  material["normalTexture"]["scale"] = 0.5;
  material["emissiveTexture"]["texCoord"] = 5;
  const Asset asset = parse_glb(glb_of(json.dump(), binary_of(rich)), "sets.glb");
  EXPECT_EQ(asset.meshes[1].mesh.second_uvs, asset.meshes[1].mesh.uvs);
  EXPECT_EQ(asset.materials[1].uv[static_cast<size_t>(TextureSlot::kOcclusion)].set, 1);
  EXPECT_EQ(asset.materials[1].uv[static_cast<size_t>(TextureSlot::kEmissive)].set, 0);
  EXPECT_EQ(asset.materials[1].occlusion_strength, 0.25f);
  EXPECT_EQ(asset.materials[1].normal_scale, 0.5f);
  ASSERT_EQ(asset.notes.size(), 1u);
  EXPECT_THAT(asset.notes[0], HasSubstr("third set of texture coordinates"));
}

TEST(GltfReader, MaterialExtensionsAreReadAndChecked) {
  SampleGltf sample;
  sample.primitive()["material"] = 0;
  Json& extensions = sample.json()["materials"][0]["extensions"];
  extensions["KHR_materials_ior"]["ior"] = 1.8;
  extensions["KHR_materials_transmission"] = {{"transmissionFactor", 0.75}, {"transmissionTexture", {{"index", 0}}}};
  extensions["KHR_materials_volume"] = {
      {"thicknessFactor", 0.5}, {"attenuationDistance", 2}, {"attenuationColor", {0.25, 1, 0.5}}};
  extensions["KHR_materials_iridescence"] = {
      {"iridescenceFactor", 0.5}, {"iridescenceIor", 1.5}, {"iridescenceThicknessMaximum", 300}};
  const Asset asset = sample.parsed();
  const Material& material = asset.materials[0];
  EXPECT_EQ(material.ior, 1.8f);
  EXPECT_EQ(material.transmission, 0.75f);
  EXPECT_TRUE(material.is_see_through());
  EXPECT_NEAR(material.volume_tint().x, std::sqrt(std::sqrt(0.25f)), 1e-6f) << "a quarter of the distance";
  EXPECT_EQ(material.film_ior, 1.5f);
  EXPECT_EQ(material.film_thickness_nm, 300.0f);
  EXPECT_EQ(asset.notes.size(), 1u) << "the texture of the transmission";
  extensions["KHR_materials_ior"]["ior"] = 0.5;
  EXPECT_THAT(error_of(sample), HasSubstr("ior is 0.5, expected 0, or 1 and more"));
  extensions["KHR_materials_ior"]["ior"] = 0;
  EXPECT_EQ(error_of(sample), "no error");
  extensions["KHR_materials_volume"]["attenuationDistance"] = 0;
  EXPECT_THAT(error_of(sample), HasSubstr("attenuationDistance is 0"));
  extensions.erase("KHR_materials_volume");
  extensions["KHR_materials_transmission"]["transmissionFactor"] = 1.5;
  EXPECT_THAT(error_of(sample), HasSubstr("transmissionFactor is 1.5"));
}

TEST(GltfReader, NamesExtensionsThatItDoesNotKnow) {
  SampleGltf sample;
  sample.json()["extensionsUsed"] = {"KHR_draco_mesh_compression", "ACME_optional"};
  EXPECT_EQ(error_of(sample), "no error") << "optional extensions have a fallback";
  sample.json()["extensionsRequired"] = {"KHR_draco_mesh_compression"};
  EXPECT_THAT(error_of(sample, ErrorCode::kUnsupported), HasSubstr("KHR_draco_mesh_compression"));
  sample.json()["extensionsRequired"] = {"KHR_mesh_quantization"};
  EXPECT_EQ(error_of(sample), "no error");
}

TEST(GltfReader, NamesDioramaExtensionsAndRecordsOfOtherVersions) {
  SampleGltf sample;
  sample.json()["extensionsUsed"] = {"DIORAMA_light_field"};
  sample.json()["extensions"]["DIORAMA_light_field"]["version"] = 3;
  EXPECT_THAT(error_of(sample, ErrorCode::kUnsupported), HasSubstr("DIORAMA_light_field version 3"));
  SampleGltf newer;
  newer.json()["asset"]["extras"]["diorama"] = record_to_json({}, Asset{});
  EXPECT_EQ(error_of(newer), "no error");
  newer.json()["asset"]["extras"]["diorama"]["version"] = 2;
  EXPECT_THAT(error_of(newer, ErrorCode::kUnsupported),
              HasSubstr("asset.extras.diorama has version 2, this build reads version 1"));
}

TEST(GltfReader, ForeignExtrasAreNoRecord) {
  SampleGltf sample;
  for (const Json& extras : {Json(5), Json("text"), Json::array({1}), Json{{"title", "a fox"}}}) {
    sample.json()["asset"]["extras"] = extras;
    EXPECT_FALSE(sample.parsed().record);
  }
}

TEST(GltfReader, NodesMustFormTrees) {
  SampleGltf sample;
  sample.json()["nodes"] = Json::array({{{"mesh", 0}}, {{"children", {2}}}, {{"children", {1}}}});
  EXPECT_THAT(error_of(sample), HasSubstr("circle"));
  sample.json()["nodes"] = Json::array({{{"children", {0}}}});
  EXPECT_THAT(error_of(sample), HasSubstr("circle"));
  sample.json()["nodes"] = Json::array({{{"children", {2}}}, {{"children", {2}}}, {{"mesh", 0}}});
  EXPECT_THAT(error_of(sample), HasSubstr("nodes[2] has two parents, nodes[0] and nodes[1]"));
  sample.json()["nodes"] = Json::array({{{"mesh", 0}}, {{"children", {0}}}});
  EXPECT_THAT(error_of(sample), HasSubstr("is not a root node"));
}

TEST(GltfReader, ALongChainOfNodesIsReadWithoutRecursion) {
  SampleGltf sample;
  Json nodes = Json::array();
  constexpr int kCount = 20000;
  for (int i = 0; i + 1 < kCount; ++i) nodes.push_back({{"translation", {1, 0, 0}}, {"children", {i + 1}}});
  nodes.push_back({{"mesh", 0}});
  sample.json()["nodes"] = nodes;
  expect_near(only_mesh(sample).positions[0], {kCount - 1, 0, 0});
}

}  // namespace
}  // namespace diorama
