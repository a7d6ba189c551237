#include "assets/gltf.h"
#include "assets/gltf/asset_record.h"
#include "assets/gltf/format.h"
#include "assets/gltf/glb_builder.h"
#include "assets/gltf/material_writer.h"
#include "assets/gltf/splat_writer.h"
#include "assets/gltf/tangents.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

// The inverse of the root node's motion, in double so that the reader's product is within an ulp of what was given.
std::vector<glm::vec3> moved_to_capture(std::span<const glm::vec3> points, const Rigid& asset_from_capture) {
  if (asset_from_capture.rotation == glm::mat3(1.0f) && asset_from_capture.translation == glm::vec3(0.0f)) {
    return {points.begin(), points.end()};
  }
  const glm::dmat3 capture_from_asset = glm::transpose(glm::dmat3(asset_from_capture.rotation));
  const glm::dvec3 translation = asset_from_capture.translation;
  std::vector<glm::vec3> moved(points.size());
  std::transform(points.begin(), points.end(), moved.begin(),
                 [&](glm::vec3 p) { return glm::vec3(capture_from_asset * (glm::dvec3(p) - translation)); });
  return moved;
}

std::vector<glm::vec3> normals_in_capture(std::span<const glm::vec3> normals, const Rigid& asset_from_capture) {
  std::vector<glm::vec3> turned = moved_to_capture(normals, {asset_from_capture.rotation, glm::vec3(0.0f)});
  for (glm::vec3& normal : turned) {
    const float length = glm::length(normal);
    if (std::abs(length - 1.0f) > 1e-6f) normal = length > 0 ? normal / length : glm::vec3(0, 1, 0);
  }
  return turned;
}

void check_part(const MeshPart& part, const Asset& asset) {
  check_mesh(part.mesh);
  if (!part.material) return;
  DIO_CHECK(*part.material < asset.materials.size());
  const Material& material = asset.materials[*part.material];
  for (size_t slot = 0; slot < kTextureSlots; ++slot) {
    if (!material.texture(static_cast<TextureSlot>(slot))) continue;
    const int set = material.uv[slot].set;
    if (!part.mesh.uvs.empty() && (set == 0 || !part.mesh.second_uvs.empty())) continue;
    fail(ErrorCode::kInvalidInput, "its material has a texture, but the mesh has no {}texture coordinates",
         set == 0 ? "" : "second ");
  }
}

// What of the mesh is written, in the capture's frame.
Mesh mesh_in_capture(const Mesh& mesh, const Rigid& asset_from_capture, bool needs_normals) {
  Mesh moved = mesh;
  moved.positions = moved_to_capture(mesh.positions, asset_from_capture);
  if (!mesh.normals.empty()) {
    moved.normals = normals_in_capture(mesh.normals, asset_from_capture);
  } else if (needs_normals) {
    moved.normals = vertex_normals(moved);
  }
  const glm::mat3 capture_from_asset = glm::transpose(asset_from_capture.rotation);
  for (glm::vec4& tangent : moved.tangents) tangent = glm::vec4(capture_from_asset * glm::vec3(tangent), tangent.w);
  return moved;
}

// As they are, or made; of length 1, as the format demands.
std::vector<glm::vec4> tangents_of(const Mesh& mesh, const Material& material) {
  const TextureUv& uv = material.uv[static_cast<size_t>(TextureSlot::kNormal)];
  std::vector<glm::vec4> made = vertex_tangents(mesh, uv.set == 0 ? mesh.uvs : mesh.second_uvs);
  for (size_t i = 0; i < mesh.tangents.size(); ++i) {
    const glm::vec3 tangent(mesh.tangents[i]);
    const float length = glm::length(tangent);
    if (length > 0) made[i] = glm::vec4(std::abs(length - 1) > 1e-6f ? tangent / length : tangent, mesh.tangents[i].w);
  }
  return made;
}

Json primitive_json(GlbBuilder& builder, const MeshPart& part, const Asset& asset, const Rigid& asset_from_capture) {
  const bool normal_mapped = part.material && asset.materials[*part.material].normal_texture;
  const Mesh mesh = mesh_in_capture(part.mesh, asset_from_capture, normal_mapped);
  Json attributes;
  attributes["POSITION"] = builder.add_positions(mesh.positions);
  if (!mesh.normals.empty()) attributes["NORMAL"] = builder.add_vectors(mesh.normals);
  if (normal_mapped) attributes["TANGENT"] = builder.add_vectors(tangents_of(mesh, asset.materials[*part.material]));
  if (!mesh.colors_linear.empty()) attributes["COLOR_0"] = builder.add_colors(mesh.colors_linear);
  if (!mesh.uvs.empty()) attributes["TEXCOORD_0"] = builder.add_uvs(mesh.uvs);
  if (!mesh.uvs.empty() && !mesh.second_uvs.empty()) attributes["TEXCOORD_1"] = builder.add_uvs(mesh.second_uvs);
  Json primitive = {{"attributes", std::move(attributes)},
                    {"indices", builder.add_indices(mesh.triangles, mesh.positions.size())}};
  if (part.material) primitive["material"] = *part.material;
  return primitive;
}

Json root_node(const Rigid& asset_from_capture) {
  Json node;
  node["name"] = "asset_from_capture";
  if (asset_from_capture.rotation != glm::mat3(1.0f)) {
    glm::dquat q = glm::normalize(glm::quat_cast(glm::dmat3(asset_from_capture.rotation)));
    if (q.w < 0) q = -q;
    node["rotation"] = {q.x, q.y, q.z, q.w};
  }
  const glm::vec3 t = asset_from_capture.translation;
  if (t != glm::vec3(0.0f)) node["translation"] = {t.x, t.y, t.z};
  return node;
}

// A node below the root with a mesh of this one primitive.
void add_node(GlbBuilder& builder, Json& nodes, const std::string& name, Json primitive) {
  Json mesh;
  if (!name.empty()) mesh["name"] = name;
  mesh["primitives"] = Json::array({std::move(primitive)});
  Json node = {{"mesh", builder.append("meshes", std::move(mesh))}};
  if (!name.empty()) node["name"] = name;
  nodes[0]["children"].push_back(nodes.size());
  nodes.push_back(std::move(node));
}

void add_parts(GlbBuilder& builder, const Asset& asset, const Rigid& asset_from_capture, const GlbOptions& options) {
  Json nodes = Json::array({root_node(asset_from_capture)});
  for (const MeshPart& part : asset.meshes) {
    if (part.mesh.triangles.empty()) continue;
    add_node(builder, nodes, part.name, with_context(fmt::format("mesh \"{}\"", part.name), [&] {
               check_part(part, asset);
               return primitive_json(builder, part, asset, asset_from_capture);
             }));
  }
  for (const SplatPart& part : asset.splats) {
    if (part.cloud.size() == 0) continue;
    add_node(builder, nodes, part.name, with_context(fmt::format("splats \"{}\"", part.name), [&] {
               check_splat_cloud(part.cloud);
               if (!options.pack_splats) return splat_primitive_json(builder, part.cloud, asset_from_capture);
               return packed_splat_primitive_json(builder, part.cloud, asset_from_capture,
                                                  asset.record && asset.record->antialiased);
             }));
  }
  builder.json()["nodes"] = std::move(nodes);
}

void list_extensions(Json& json, const Asset& asset, const GlbOptions& options) {
  std::vector<std::string> used = gltf_material_extensions(asset);
  if (splat_count(asset) > 0) used.push_back(kSplatExtension);
  if (splat_count(asset) > 0 && options.pack_splats) {
    used.push_back(kSplatSpzExtension);
    json["extensionsRequired"] = {kSplatExtension, kSplatSpzExtension};
  }
  if (!asset.splat_video_json.empty()) {
    used.push_back(kSplatVideoExtension);
    json["extensions"][kSplatVideoExtension] = Json::parse(asset.splat_video_json);
  }
  if (!used.empty()) json["extensionsUsed"] = std::move(used);
}

void check_motion(const Rigid& asset_from_capture) {
  const glm::mat4 matrix = to_mat4(asset_from_capture);
  std::array<double, 16> row_major{};
  for (size_t i = 0; i < 16; ++i) row_major[i] = matrix[static_cast<int>(i % 4)][static_cast<int>(i / 4)];
  with_context("asset_from_capture", [&] { rigid_from_row_major(row_major); });
}

GlbFile build_glb(const Asset& asset, const GlbOptions& options) {
  const bool drawn = std::any_of(asset.meshes.begin(), asset.meshes.end(),
                                 [](const MeshPart& part) { return !part.mesh.triangles.empty(); });
  if (!drawn && splat_count(asset) == 0) {
    fail(ErrorCode::kInvalidInput,
         "the asset has no triangles and no splats, so no .glb is written; check that the capture's depth covers the "
         "scene");
  }
  GlbBuilder builder;
  Json& json = builder.json();
  const Rigid asset_from_capture = asset.record ? asset.record->asset_from_capture : Rigid{};
  check_motion(asset_from_capture);
  json["asset"] = {{"version", "2.0"}, {"generator", "Diorama"}};
  if (asset.record) {
    if (!asset.record->tool_version.empty()) json["asset"]["generator"] = "Diorama " + asset.record->tool_version;
    json["asset"]["extras"]["diorama"] = record_to_json(*asset.record, asset);
  }
  list_extensions(json, asset, options);
  json["scene"] = 0;
  json["scenes"] = Json::array({{{"nodes", {0}}}});
  add_parts(builder, asset, asset_from_capture, options);
  for (const Material& material : asset.materials) builder.append("materials", gltf_material_json(material, asset));
  for (const Texture& texture : asset.textures) add_gltf_texture(builder, texture);
  return builder.finish();
}

}  // namespace

std::vector<std::byte> encode_glb(const Asset& asset, const GlbOptions& options) {
  GlbFile file = build_glb(asset, options);
  file.head.insert(file.head.end(), file.binary.begin(), file.binary.end());
  return std::move(file.head);
}

void write_glb(const Asset& asset, const std::filesystem::path& path, const GlbOptions& options) {
  with_context(path, [&] {
    const GlbFile file = build_glb(asset, options);
    AtomicFile target(path);
    target.write(file.head);
    target.write(file.binary);
    target.commit();
  });
}

}  // namespace diorama
