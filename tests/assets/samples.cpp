#include "tests/assets/samples.h"

#include "assets/gltf.h"
#include "assets/gltf/glb_chunks.h"
#include "engine/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

Texture noise_texture(const char* name, uint64_t seed, bool with_alpha) {
  Texture texture{.name = name, .image = ImageRgba8({5, 3})};
  Random random(seed);
  for (glm::u8vec4& pixel : texture.image.pixels()) {
    const uint32_t bits = random.next();
    pixel = {bits & 255, bits >> 8 & 255, bits >> 16 & 255, with_alpha ? bits >> 24 : 255};
  }
  return texture;
}

// A bumpy grid of 4x4 cells.
Mesh grid_mesh(bool with_uvs) {
  Mesh mesh;
  Random random(7);
  for (int y = 0; y <= 4; ++y) {
    for (int x = 0; x <= 4; ++x) {
      mesh.positions.emplace_back(0.25f * static_cast<float>(x), 0.25f * static_cast<float>(y), random.uniform());
      const auto channel = [&] { return static_cast<float>(random.below(65536)) / 65535.0f; };
      mesh.colors_linear.emplace_back(channel(), channel(), channel(), 1.0f);
      if (!with_uvs) continue;
      mesh.uvs.emplace_back(random.uniform(), random.uniform());
      mesh.second_uvs.push_back(1.0f - mesh.uvs.back());
    }
  }
  for (uint32_t y = 0; y < 4; ++y) {
    for (uint32_t x = 0; x < 4; ++x) {
      const uint32_t i = 5 * y + x;
      mesh.triangles.emplace_back(i, i + 1, i + 6);
      mesh.triangles.emplace_back(i, i + 6, i + 5);
    }
  }
  mesh.normals = vertex_normals(mesh);
  return mesh;
}

Material full_material() {
  Material material;
  material.name = "everything";
  material.base_color_linear = {0.25f, 0.5f, 0.75f, 0.5f};
  material.metallic = 0.125f;
  material.roughness = 0.625f;
  material.base_color_texture = 0;
  material.metallic_roughness_texture = 1;
  material.normal_texture = 2;
  material.occlusion_texture = 3;
  material.emissive_texture = 4;
  material.emissive_linear = {4.0f, 2.0f, 0.0f};  // above 1: needs KHR_materials_emissive_strength
  material.alpha_mode = AlphaMode::kMask;
  material.alpha_cutoff = 0.25f;
  material.normal_scale = 0.5f;
  material.occlusion_strength = 0.75f;
  material.uv[static_cast<size_t>(TextureSlot::kOcclusion)].set = 1;
  material.uv[static_cast<size_t>(TextureSlot::kEmissive)].transform[2] = {0.25f, 0.5f};
  material.ior = 1.25f;
  material.transmission = 0.5f;
  material.thickness_m = 0.25f;
  material.attenuation_distance_m = 2.0f;
  material.attenuation_color = {0.5f, 0.25f, 1.0f};
  material.iridescence = 0.5f;
  material.film_ior = 1.5f;
  material.film_thickness_nm = 350.0f;
  return material;
}

}  // namespace

Asset triangle_asset() {
  Asset asset;
  MeshPart part{.name = "triangle", .material = 0};
  part.mesh.positions = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  part.mesh.normals = {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}};
  part.mesh.colors_linear = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}};
  part.mesh.triangles = {{0, 1, 2}};
  asset.meshes.push_back(part);
  asset.materials.push_back({.name = "surface", .unlit = true});
  return asset;
}

Rigid turned_up() {
  return {glm::mat3(1, 0, 0, 0, -1, 0, 0, 0, -1), glm::vec3(0.5f, 1.25f, -2.0f)};
}

Asset rich_asset() {
  Asset asset;
  asset.meshes.push_back({.name = "plain", .mesh = grid_mesh(false), .material = 0});
  asset.meshes.push_back({.name = "textured \"part\"", .mesh = grid_mesh(true), .material = 1});
  asset.materials = {Material{.name = "unlit", .double_sided = true, .unlit = true}, full_material()};
  for (const char* name : {"base", "metal", "normal", "occlusion", "glow"}) {
    asset.textures.push_back(noise_texture(name, asset.textures.size() + 1, asset.textures.empty()));
  }
  asset.textures[1].repeat_u = false;
  asset.textures[2].nearest = true;
  asset.textures[3].mirror_v = true;
  asset.record = AssetRecord{.tool_version = "0.1.0",
                             .representation = "mesh",
                             .capture_name = "küche",
                             .options_json = R"({"levels":[1,2],"voxel":0.02})",
                             .held_out_json = R"({"psnr":21.5})",
                             .calibration_json = "{}",
                             .asset_from_capture = turned_up()};
  return asset;
}

SplatCloud random_splats(size_t count, int sh_degree) {
  Random random(2023);
  SplatCloud cloud;
  cloud.sh_degree = sh_degree;
  cloud.resize(count);
  for (size_t i = 0; i < count; ++i) {
    cloud.positions[i] = {random.normal(), random.normal(), random.normal()};
    for (int axis = 0; axis < 3; ++axis) cloud.scales[i][axis] = std::exp(random.uniform(-7, -1));
    cloud.rotations_xyzw[i] =
        glm::normalize(glm::vec4(random.normal(), random.normal(), random.normal(), random.normal()));
    cloud.opacities[i] = random.uniform(0.01f, 0.99f);
  }
  for (glm::vec3& c : cloud.sh) c = {random.normal(), random.normal(), random.normal()};
  return cloud;
}

Asset splat_asset() {
  Asset asset = triangle_asset();
  asset.splats.push_back({.name = "room", .cloud = random_splats(7, 3)});
  asset.splats.push_back({.name = "chair", .cloud = random_splats(4, 1)});
  asset.record = AssetRecord{.tool_version = "0.1.0",
                             .representation = "splats",
                             .capture_name = "küche",
                             .options_json = R"({"max_splats":11})",
                             .held_out_json = R"({"psnr":21.5})",
                             .calibration_json = "{}",
                             .antialiased = true,
                             .asset_from_capture = turned_up()};
  return asset;
}

SampleGltf::SampleGltf() {
  json()["asset"] = {{"version", "2.0"}};
  json()["scene"] = 0;
  json()["scenes"] = Json::array({{{"nodes", {0}}}});
  json()["nodes"] = Json::array({{{"mesh", 0}}});
  json()["meshes"] = Json::array({{{"primitives", Json::array({{{"attributes", {{"POSITION", 0}}}}})}}});
  add_floats({0, 0, 0, 1, 0, 0, 0, 1, 0}, "VEC3", 3);
}

size_t SampleGltf::add_bytes(std::span<const std::byte> bytes, int component_type, const char* type, size_t count,
                             bool normalized) {
  Json accessor = {{"bufferView", builder_.add_view(bytes, std::nullopt)},
                   {"componentType", component_type},
                   {"count", count},
                   {"type", type}};
  if (normalized) accessor["normalized"] = true;
  return builder_.append("accessors", std::move(accessor));
}

std::vector<std::byte> SampleGltf::glb() const {
  GlbBuilder copy = builder_;
  GlbFile file = copy.finish();
  file.head.insert(file.head.end(), file.binary.begin(), file.binary.end());
  return file.head;
}

Asset SampleGltf::parsed() const {
  return parse_glb(glb(), "sample.glb");
}

void SampleGltf::make_splats() {
  auto& attributes = primitive()["attributes"];
  const auto set = [&](const std::string& name, size_t accessor) {
    attributes["KHR_gaussian_splatting:" + name] = accessor;
  };
  set("ROTATION", add_floats({0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0}, "VEC4", 3));
  set("SCALE", add_floats({0.5f, 0.25f, 0.125f, 1, 2, 3, 0, 0.5f, 1}, "VEC3", 3));
  set("OPACITY", add_floats({0, 0.5f, 1}, "SCALAR", 3));
  for (const char* name : {"SH_DEGREE_0_COEF_0", "SH_DEGREE_1_COEF_0", "SH_DEGREE_1_COEF_1", "SH_DEGREE_1_COEF_2"}) {
    set(name, add_floats({1, 2, 3, -1, -2, -3, 0.5f, 0, -0.5f}, "VEC3", 3));
  }
  primitive()["mode"] = 0;
  primitive()["extensions"]["KHR_gaussian_splatting"] = {{"kernel", "ellipse"}, {"colorSpace", "srgb_rec709_display"}};
  json()["extensionsUsed"] = {"KHR_gaussian_splatting"};
}

std::vector<std::byte> glb_of(std::string json, std::vector<std::byte> binary) {
  json.resize((json.size() + 3) / 4 * 4, ' ');
  binary.resize((binary.size() + 3) / 4 * 4);
  const std::array<uint32_t, 5> header = {0x46546c67, 2, static_cast<uint32_t>(28 + json.size() + binary.size()),
                                          static_cast<uint32_t>(json.size()), 0x4e4f534a};
  const std::array<uint32_t, 2> chunk = {static_cast<uint32_t>(binary.size()), 0x004e4942};
  std::vector<std::byte> bytes(28 + json.size() + binary.size());
  std::memcpy(bytes.data(), header.data(), 20);
  std::memcpy(bytes.data() + 20, json.data(), json.size());
  std::memcpy(bytes.data() + 20 + json.size(), chunk.data(), 8);
  std::copy(binary.begin(), binary.end(), bytes.end() - static_cast<std::ptrdiff_t>(binary.size()));
  return bytes;
}

std::string json_of(const std::vector<std::byte>& glb) {
  return std::string(split_glb(glb).json);
}

std::vector<std::byte> binary_of(const std::vector<std::byte>& glb) {
  const std::span<const std::byte> binary = split_glb(glb).binary;
  return {binary.begin(), binary.end()};
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string hex;
  for (const std::byte byte : bytes) hex += fmt::format("{:02x}", std::to_integer<int>(byte));
  return hex;
}

}  // namespace diorama
