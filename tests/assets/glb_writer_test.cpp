#include "assets/gltf.h"
#include "assets/gltf/tangents.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <csignal>
#include <limits>

namespace diorama {
namespace {

using testing::HasSubstr;

std::string message_of(const Asset& asset) {
  try {
    encode_glb(asset);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return error.what();
  }
  return "no error";
}

TEST(GlbWriter, WritesTheseBytesForOneTriangle) {
  const std::vector<std::byte> glb = encode_glb(triangle_asset());
  const std::string json =
      R"({"asset":{"version":"2.0","generator":"Diorama"},"extensionsUsed":["KHR_materials_unlit"],)"
      R"("scene":0,"scenes":[{"nodes":[0]}],)"
      R"("bufferViews":[{"buffer":0,"byteOffset":0,"byteLength":36,"target":34962},)"
      R"({"buffer":0,"byteOffset":36,"byteLength":36,"target":34962},)"
      R"({"buffer":0,"byteOffset":72,"byteLength":24,"target":34962},)"
      R"({"buffer":0,"byteOffset":96,"byteLength":6,"target":34963}],)"
      R"("accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0.0,0.0,0.0],)"
      R"("max":[1.0,1.0,0.0]},{"bufferView":1,"componentType":5126,"count":3,"type":"VEC3"},)"
      R"({"bufferView":2,"componentType":5123,"count":3,"type":"VEC4","normalized":true},)"
      R"({"bufferView":3,"componentType":5123,"count":3,"type":"SCALAR"}],)"
      R"("meshes":[{"name":"triangle","primitives":[{"attributes":{"POSITION":0,"NORMAL":1,"COLOR_0":2},)"
      R"("indices":3,"material":0}]}],)"
      R"("nodes":[{"name":"asset_from_capture","children":[1]},{"mesh":0,"name":"triangle"}],)"
      R"("materials":[{"name":"surface","extensions":{"KHR_materials_unlit":{}}}],)"
      R"("buffers":[{"byteLength":104}]})";
  ASSERT_EQ(json.size(), 1013u);
  EXPECT_EQ(json_of(glb), json + "   ") << "padded to 1016 bytes";
  // "glTF", version 2, 1148 bytes; a JSON chunk of 1016 bytes.
  EXPECT_EQ(hex_of(std::span(glb).first(20)),
            "676c5446"
            "02000000"
            "7c040000"
            "f8030000"
            "4a534f4e");
  // A binary chunk of 104 bytes: positions, normals, colours, indices, padding.
  EXPECT_EQ(hex_of(std::span(glb).subspan(1036)),
            "68000000"
            "42494e00"
            "000000000000000000000000"
            "0000803f0000000000000000"
            "000000000000803f00000000"
            "00000000000000000000803f"
            "00000000000000000000803f"
            "00000000000000000000803f"
            "ffff00000000ffff"
            "0000ffff0000ffff"
            "00000000ffffffff"
            "000001000200"
            "0000");
}

TEST(GlbWriter, GivesTheSameBytesEveryTime) {
  EXPECT_EQ(encode_glb(rich_asset()), encode_glb(rich_asset()));
}

void expect_same_mesh(const Mesh& a, const Mesh& b) {
  EXPECT_EQ(a.positions, b.positions);
  EXPECT_EQ(a.normals, b.normals);
  EXPECT_EQ(a.colors_linear, b.colors_linear);
  EXPECT_EQ(a.uvs, b.uvs);
  EXPECT_EQ(a.second_uvs, b.second_uvs);
  EXPECT_EQ(a.triangles, b.triangles);
}

TEST(GlbWriter, MeshesComeBackToTheBitWhereTheRootNodeStandsStill) {
  Asset asset = rich_asset();
  asset.record->asset_from_capture = {};
  const Asset back = parse_glb(encode_glb(asset), "rich.glb");
  ASSERT_EQ(back.meshes.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    expect_same_mesh(back.meshes[i].mesh, asset.meshes[i].mesh);
    EXPECT_EQ(back.meshes[i].name, asset.meshes[i].name);
    EXPECT_EQ(back.meshes[i].material, asset.meshes[i].material);
  }
  EXPECT_TRUE(back.notes.empty());
}

TEST(GlbWriter, MaterialsTexturesAndRecordComeBack) {
  const Asset asset = rich_asset();
  const Asset back = parse_glb(encode_glb(asset), "rich.glb");
  ASSERT_EQ(back.materials.size(), 2u);
  EXPECT_TRUE(back.materials[0].unlit);
  const Material &a = asset.materials[1], &b = back.materials[1];
  EXPECT_EQ(b.name, a.name);
  EXPECT_EQ(b.base_color_linear, a.base_color_linear);
  EXPECT_EQ(b.metallic, a.metallic);
  EXPECT_EQ(b.roughness, a.roughness);
  EXPECT_EQ(b.base_color_texture, a.base_color_texture);
  EXPECT_EQ(b.metallic_roughness_texture, a.metallic_roughness_texture);
  EXPECT_EQ(b.normal_texture, a.normal_texture);
  EXPECT_EQ(b.occlusion_texture, a.occlusion_texture);
  EXPECT_EQ(b.emissive_texture, a.emissive_texture);
  EXPECT_EQ(b.emissive_linear, a.emissive_linear);
  EXPECT_EQ(b.alpha_mode, a.alpha_mode);
  EXPECT_EQ(b.alpha_cutoff, a.alpha_cutoff);
  EXPECT_EQ(b.double_sided, a.double_sided);
  EXPECT_FALSE(b.unlit);
  EXPECT_EQ(b.normal_scale, a.normal_scale);
  EXPECT_EQ(b.occlusion_strength, a.occlusion_strength);
  EXPECT_EQ(b.uv, a.uv);
  EXPECT_EQ(b.ior, a.ior);
  EXPECT_EQ(b.transmission, a.transmission);
  EXPECT_EQ(b.volume_tint(), a.volume_tint());
  EXPECT_EQ(b.iridescence, a.iridescence);
  EXPECT_EQ(b.film_ior, a.film_ior);
  EXPECT_EQ(b.film_thickness_nm, a.film_thickness_nm);
  ASSERT_EQ(back.textures.size(), asset.textures.size());
  for (size_t i = 0; i < back.textures.size(); ++i) {
    EXPECT_TRUE(std::ranges::equal(back.textures[i].image.pixels(), asset.textures[i].image.pixels()));
    EXPECT_EQ(back.textures[i].name, asset.textures[i].name);
    EXPECT_EQ(back.textures[i].repeat_u, asset.textures[i].repeat_u);
    EXPECT_EQ(back.textures[i].nearest, asset.textures[i].nearest);
    EXPECT_EQ(back.textures[i].mirror_v, asset.textures[i].mirror_v);
  }
  ASSERT_TRUE(back.record);
  EXPECT_EQ(back.record->capture_name, "küche");
  EXPECT_EQ(back.record->options_json, asset.record->options_json);
  EXPECT_EQ(back.record->held_out_json, asset.record->held_out_json);
  EXPECT_EQ(back.record->asset_from_capture.translation, turned_up().translation);
  EXPECT_EQ(back.record->asset_from_capture.rotation, turned_up().rotation);
}

// Positions are in the capture's frame in the file: the root node alone makes +Y up.
TEST(GlbWriter, RootNodeCarriesTheMotionAndTheDataStaysInTheCapturesFrame) {
  const Asset asset = rich_asset();
  const std::vector<std::byte> glb = encode_glb(asset);
  const auto json = nlohmann::json::parse(json_of(glb));
  EXPECT_EQ(json["nodes"][0]["rotation"], nlohmann::json({1, 0, 0, 0})) << "half a turn about x";
  EXPECT_EQ(json["nodes"][0]["translation"], nlohmann::json({0.5, 1.25, -2}));
  glm::vec3 first;
  std::memcpy(&first, binary_of(glb).data(), sizeof(first));
  const glm::vec3 expected = inverse(turned_up()) * asset.meshes[0].mesh.positions[0];
  EXPECT_LE(glm::length(first - expected), 1e-6f) << "one rounding of numbers near 2";
  const Asset back = parse_glb(glb, "rich.glb");
  for (size_t i = 0; i < 25; ++i) {
    const glm::vec3 difference = back.meshes[0].mesh.positions[i] - asset.meshes[0].mesh.positions[i];
    EXPECT_LE(glm::length(difference), 5e-7f) << "positions near 2 m are stored with steps of 2.4e-7";
  }
}

TEST(GlbWriter, TangentsOfNormalTexturesPointAlongTheTextureAndUp) {
  Mesh mesh = triangle_asset().meshes[0].mesh;
  mesh.uvs = {{0, 0}, {0, 1}, {1, 0}};  // u along y, v along x: -v is cross(normal, tangent) * w for w = 1
  EXPECT_EQ(vertex_tangents(mesh, mesh.uvs), std::vector<glm::vec4>(3, glm::vec4(0, 1, 0, 1)));
  mesh.uvs = {{0, 0}, {1, 0}, {0, 1}};
  EXPECT_EQ(vertex_tangents(mesh, mesh.uvs), std::vector<glm::vec4>(3, glm::vec4(1, 0, 0, -1)));
  mesh.uvs.assign(3, glm::vec2(0.5f));  // nothing to go by: still unit vectors across the normal
  EXPECT_EQ(vertex_tangents(mesh, mesh.uvs)[0].z, 0.0f);
  EXPECT_EQ(glm::length(glm::vec3(vertex_tangents(mesh, mesh.uvs)[0])), 1.0f);
}

TEST(GlbWriter, ManyVerticesTakeWideIndices) {
  for (const size_t count : {65535u, 65536u}) {
    Asset asset = triangle_asset();
    Mesh& mesh = asset.meshes[0].mesh;
    mesh.normals.clear();
    mesh.colors_linear.clear();
    mesh.positions.assign(count, glm::vec3(1, 2, 3));
    mesh.positions[0] = {};
    mesh.triangles = {{0, 1, static_cast<uint32_t>(count - 1)}};
    const std::vector<std::byte> glb = encode_glb(asset);
    const auto json = nlohmann::json::parse(json_of(glb));
    EXPECT_EQ(json["accessors"][1]["componentType"], count == 65535 ? 5123 : 5125);
    EXPECT_EQ(parse_glb(glb, "wide.glb").meshes[0].mesh.positions.size(), 3u) << "unused vertices are left out";
  }
}

TEST(GlbWriter, RefusesAnAssetWithoutTriangles) {
  Asset asset = triangle_asset();
  asset.meshes[0].mesh.triangles.clear();
  EXPECT_THAT(message_of(asset), HasSubstr("no triangles"));
  EXPECT_THAT(message_of(Asset{}), HasSubstr("no triangles"));
}

TEST(GlbWriter, RefusesNumbersThatAreNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Asset asset = triangle_asset();
  asset.meshes[0].mesh.positions[1].y = nan;
  EXPECT_THAT(message_of(asset), HasSubstr("mesh \"triangle\": vertex 1 of the mesh has a position"));
  asset = triangle_asset();
  asset.meshes[0].mesh.normals[1].y = inf;
  EXPECT_THAT(message_of(asset), HasSubstr("a normal"));
  asset = triangle_asset();
  asset.meshes[0].mesh.colors_linear[1].a = nan;
  EXPECT_THAT(message_of(asset), HasSubstr("a colour"));
  asset = triangle_asset();
  asset.meshes[0].mesh.uvs.assign(3, glm::vec2(nan));
  EXPECT_THAT(message_of(asset), HasSubstr("a texture coordinate"));
  asset = triangle_asset();
  asset.materials[0].roughness = nan;
  EXPECT_THAT(message_of(asset), HasSubstr("roughness"));
  asset = rich_asset();
  asset.record->asset_from_capture.translation.x = nan;
  EXPECT_THAT(message_of(asset), HasSubstr("asset_from_capture"));
}

TEST(GlbWriter, RefusesIndicesPastTheVertices) {
  Asset asset = triangle_asset();
  asset.meshes[0].mesh.triangles = {{0, 1, 3}};
  EXPECT_THAT(message_of(asset), HasSubstr("vertex 3"));
}

TEST(GlbWriter, RefusesATextureWithoutCoordinates) {
  Asset asset = rich_asset();
  asset.meshes[1].mesh.uvs.clear();
  EXPECT_THAT(message_of(asset), HasSubstr("no texture coordinates"));
}

// A limit on the file size stands for a full disk: write() fails half-way in both.
class GlbWriterOnAFullDisk : public testing::Test {
 protected:
  void SetUp() override {
    previous_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &previous_limit_), 0);
  }
  void TearDown() override {
    setrlimit(RLIMIT_FSIZE, &previous_limit_);
    std::signal(SIGXFSZ, previous_handler_);
  }
  void limit_files_to(rlim_t bytes) {
    const rlimit small{bytes, previous_limit_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  }

 private:
  void (*previous_handler_)(int) = nullptr;
  rlimit previous_limit_{};
};

TEST_F(GlbWriterOnAFullDisk, KeepsTheOldFileWhole) {
  const TempDir dir;
  const std::filesystem::path path = dir / "room.glb";
  write_glb(triangle_asset(), path);
  const std::vector<std::byte> before = read_file(path);
  limit_files_to(1500);
  try {
    write_glb(rich_asset(), path);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  EXPECT_EQ(read_file(path), before);
  const auto files = std::filesystem::directory_iterator(dir.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "no half-written file is left";
}

TEST(GlbWriter, ADeviceAsTargetIsAnError) {
  EXPECT_THROW(write_glb(triangle_asset(), "/dev/full/room.glb"), Error);
  EXPECT_THROW(write_glb(triangle_asset(), std::filesystem::temp_directory_path()), Error);
}

}  // namespace
}  // namespace diorama
