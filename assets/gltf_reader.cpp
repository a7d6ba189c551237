#include "assets/gltf.h"
#include "assets/gltf/asset_record.h"
#include "assets/gltf/document.h"
#include "assets/gltf/materials.h"
#include "assets/gltf/primitives.h"
#include "assets/gltf/scene_graph.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

namespace diorama {
namespace {

std::optional<AssetRecord> read_record(const JsonNode& root) {
  const auto extras = root.at("asset").find("extras");
  if (!extras || !extras->value().is_object()) return std::nullopt;  // extras may be anything
  const auto record = extras->find("diorama");
  if (!record) return std::nullopt;
  return record_from_json(*record);
}

Asset asset_from(const GltfDocument& document) {
  Asset asset;
  asset.record = read_record(document.root());
  const std::vector<GltfUvUse> uv_uses = read_materials(document, asset);
  const GltfScene scene = scene_at_start(document);
  const std::vector<JsonNode> meshes = document.root().elements("meshes");
  for (const GltfInstance& instance : scene.instances) {
    read_instance(document, meshes[instance.mesh], instance, scene.skins, uv_uses, asset);
  }
  return asset;
}

}  // namespace

Asset read_gltf(const std::filesystem::path& path) {
  return with_context(path, [&] {
    const std::vector<std::byte> bytes = read_file(path);
    return asset_from(GltfDocument::from_bytes(bytes, path.parent_path()));
  });
}

Asset parse_glb(std::span<const std::byte> bytes, const std::string& name) {
  return with_context(name, [&] { return asset_from(GltfDocument::from_bytes(bytes, std::nullopt)); });
}

}  // namespace diorama
