#include "assets/gltf/asset_record.h"
#include "assets/sog.h"
#include "assets/sog/sog_files.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_order.h"
#include "engine/scene/splat_transform.h"

namespace diorama {
namespace {

std::vector<NamedBytes> files_of(const Asset& asset, ThreadPool& pool) {
  return encode_sog_files(sog_cloud_of(asset), asset.record && asset.record->antialiased, sog_origin(asset), pool);
}

}  // namespace

std::string sog_origin(const Asset& asset) {
  nlohmann::ordered_json origin = {{"generator", "Diorama"}};
  if (asset.record) {
    if (!asset.record->tool_version.empty()) origin["generator"] = "Diorama " + asset.record->tool_version;
    origin["diorama"] = nlohmann::ordered_json::parse(record_to_text(asset));
  }
  return origin.dump();
}

SplatCloud sog_cloud_of(const Asset& asset) {
  const SplatCloud cloud = merged_splats(asset);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats, so no SOG is written");
  check_splat_cloud(cloud);
  SplatCloud sorted = gathered(cloud, morton_order(cloud.positions));
  const Rigid motion = asset.record ? asset.record->asset_from_capture : Rigid{};
  transform(sorted, glm::inverse(glm::dmat4(to_mat4(motion))));
  return sorted;
}

std::vector<std::byte> encode_sog(const Asset& asset, ThreadPool& pool) {
  return write_zip(files_of(asset, pool));
}

void write_sog(const Asset& asset, const std::filesystem::path& path, ThreadPool& pool) {
  with_context(path, [&] {
    if (path.filename() != "meta.json") return write_file(path, encode_sog(asset, pool));
    for (const NamedBytes& file : files_of(asset, pool)) write_file(path.parent_path() / file.name, file.bytes);
  });
}

}  // namespace diorama
