#include "assets/animated_gltf.h"
#include "assets/gltf.h"
#include "assets/gltf/animation.h"
#include "assets/gltf/asset_record.h"
#include "assets/gltf/document.h"
#include "assets/gltf/format.h"
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

std::string read_splat_video(const JsonNode& root) {
  const auto extensions = root.find("extensions");
  const auto video = extensions ? extensions->find(kSplatVideoExtension) : std::nullopt;
  return video ? video->value().dump() : "";
}

// Adds what the scene's instances draw at a time.
void add_instances(const GltfDocument& document, size_t animation, double time_s,
                   const std::vector<GltfVertexUse>& vertex_uses, Asset& asset) {
  const GltfScene scene = scene_at(document, animation, time_s);
  const std::vector<JsonNode> meshes = document.root().elements("meshes");
  for (const GltfInstance& instance : scene.instances) {
    read_instance(document, meshes[instance.mesh], instance, scene.skins, vertex_uses, asset);
  }
}

Asset asset_from(const GltfDocument& document, std::vector<GltfVertexUse>& vertex_uses) {
  Asset asset;
  asset.record = read_record(document.root());
  asset.splat_video_json = read_splat_video(document.root());
  vertex_uses = read_materials(document, asset);
  add_instances(document, 0, 0.0, vertex_uses, asset);  // files with several animations offer alternatives
  return asset;
}

Asset asset_from(const GltfDocument& document) {
  std::vector<GltfVertexUse> vertex_uses;
  return asset_from(document, vertex_uses);
}

}  // namespace

struct AnimatedGltf::Impl {
  std::string name;
  std::vector<std::byte> bytes;  // the document points into it
  GltfDocument document;
  std::vector<GltfVertexUse> vertex_uses;
  Asset start;
  std::vector<AnimationInfo> animations;

  Impl(std::string own_name, std::vector<std::byte> own_bytes, std::optional<std::filesystem::path> folder)
      : name(std::move(own_name)),
        bytes(std::move(own_bytes)),
        document(GltfDocument::from_bytes(bytes, std::move(folder))),
        start(asset_from(document, vertex_uses)) {
    for (const JsonNode& animation : document.root().elements("animations")) {
      document.budget().renew();
      scene_at(document, animations.size(), 0.0);  // checks every channel
      animations.push_back({animation.text("name", ""), animation_duration(document, animation)});
    }
  }
};

AnimatedGltf::AnimatedGltf(const std::filesystem::path& path)
    : impl_(with_context(path,
                         [&] { return std::make_unique<Impl>(path.string(), read_file(path), path.parent_path()); })) {}

AnimatedGltf::AnimatedGltf(std::vector<std::byte> glb, const std::string& name)
    : impl_(with_context(name, [&] { return std::make_unique<Impl>(name, std::move(glb), std::nullopt); })) {}

AnimatedGltf::~AnimatedGltf() = default;
AnimatedGltf::AnimatedGltf(AnimatedGltf&&) noexcept = default;

const Asset& AnimatedGltf::at_start() const {
  return impl_->start;
}

const std::vector<AnimationInfo>& AnimatedGltf::animations() const {
  return impl_->animations;
}

std::vector<MeshPart> AnimatedGltf::meshes_at(size_t animation, double time_s) const {
  DIO_CHECK(animation < impl_->animations.size());
  return with_context(impl_->name, [&] {
    impl_->document.budget().renew();
    Asset posed;
    posed.materials = impl_->start.materials;
    add_instances(impl_->document, animation, time_s, impl_->vertex_uses, posed);
    DIO_CHECK(posed.meshes.size() == impl_->start.meshes.size());
    return std::move(posed.meshes);
  });
}

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
