// What lies beside a .gltf, and what a URI may reach.
#include "assets/gltf.h"
#include "assets/gltf/uri.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "tests/assets/samples.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

// A .gltf with its buffer at `uri`.
std::string gltf_with_buffer(const std::string& uri) {
  Json json = Json::parse(json_of(SampleGltf().glb()));
  json["buffers"][0]["uri"] = uri;
  return json.dump();
}

std::string error_of(const std::filesystem::path& path) {
  try {
    read_gltf(path);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return error.what();
  }
  return "no error";
}

TEST(GltfFiles, ReadsBuffersAndImagesBesideTheFile) {
  const TempDir dir;
  write_file(dir / "parts/some data.bin", binary_of(SampleGltf().glb()));
  write_file(dir / "picture.png", encode_png(ImageRgba8({2, 2}, glm::u8vec4(1, 2, 3, 255))));
  Json json = Json::parse(gltf_with_buffer("parts/some%20data.bin"));
  json["images"] = Json::array({{{"uri", "picture.png"}}});
  json["textures"] = Json::array({{{"source", 0}}});
  json["materials"] = Json::array({{{"pbrMetallicRoughness", {{"baseColorTexture", {{"index", 0}}}}}}});
  write_file(dir / "scene.gltf", json.dump());
  const Asset asset = read_gltf(dir / "scene.gltf");
  ASSERT_EQ(asset.textures.size(), 1u);
  EXPECT_EQ(asset.textures[0].image.at(1, 1), glm::u8vec4(1, 2, 3, 255));
  EXPECT_EQ(asset.meshes.at(0).mesh.positions[1], glm::vec3(1, 0, 0));
}

TEST(GltfFiles, ReadsDataUris) {
  const TempDir dir;
  // Base64 of the nine floats of the sample's triangle.
  write_file(dir / "scene.gltf", gltf_with_buffer("data:application/octet-stream;base64,"
                                                  "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA"));
  EXPECT_EQ(read_gltf(dir / "scene.gltf").meshes.at(0).mesh.positions[2], glm::vec3(0, 1, 0));
  write_file(dir / "bad.gltf", gltf_with_buffer("data:application/octet-stream;base64,AAA!"));
  EXPECT_THAT(error_of(dir / "bad.gltf"), HasSubstr("buffers[0].uri: the data URI has characters outside base64"));
  write_file(dir / "short.gltf", gltf_with_buffer("data:;base64,AAAA"));
  EXPECT_THAT(error_of(dir / "short.gltf"), HasSubstr("byteLength is 36, but 3 bytes are there"));
}

TEST(GltfFiles, Base64OfEveryLengthIsDecoded) {
  const auto decoded = [](const char* text) {
    const std::vector<std::byte> bytes = decode_data_uri(std::string("data:;base64,") + text);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");  // RFC 4648, section 10
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
}

TEST(GltfFiles, UrisNeverLeaveTheFolder) {
  const TempDir dir;
  write_file(dir / "secret.bin", binary_of(SampleGltf().glb()));
  for (const char* uri : {"../secret.bin", "a/../../secret.bin", "%2e%2e/secret.bin", "/etc/passwd", "%2Fetc/passwd",
                          "https://example.org/a.bin", "file:///etc/passwd", "C:/a.bin", "..\\secret.bin", ""}) {
    write_file(dir / "inside/scene.gltf", gltf_with_buffer(uri));
    EXPECT_THAT(error_of(dir / "inside/scene.gltf"), HasSubstr("leads out of the asset's folder")) << uri;
  }
}

TEST(GltfFiles, MissingAndCutNeighboursAreNamed) {
  const TempDir dir;
  write_file(dir / "scene.gltf", gltf_with_buffer("data.bin"));
  EXPECT_THAT(error_of(dir / "scene.gltf"), HasSubstr("data.bin"));
  write_file(dir / "data.bin", "too short");
  EXPECT_THAT(error_of(dir / "scene.gltf"), HasSubstr("buffers[0].byteLength is 36, but 9 bytes are there"));
  EXPECT_THAT(error_of(dir / "absent.gltf"), HasSubstr("no such file"));
  EXPECT_THAT(error_of(dir.path()), HasSubstr("is a folder"));
}

TEST(GltfFiles, AGlbFromMemoryMustHoldEverything) {
  SampleGltf sample;
  sample.json()["buffers"] = Json::array();
  Json json = Json::parse(json_of(sample.glb()));
  json["buffers"][0]["uri"] = "data.bin";
  try {
    parse_glb(glb_of(json.dump()), "memory.glb");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected a self-contained .glb"));
  }
}

}  // namespace
}  // namespace diorama
