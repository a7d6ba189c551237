#include "assets/asset_file.h"

#include "assets/gltf.h"
#include "assets/gltf/glb_chunks.h"
#include "assets/ply.h"
#include "assets/ply/ply_file.h"
#include "assets/spz.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <algorithm>
#include <string_view>

namespace diorama {
namespace {

constexpr size_t kHeadBytes = 256;

// JSON starts with a brace, whatever blanks and byte order mark stand before it.
bool looks_like_json(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension;
}

// What a file of splats alone does not hold.
std::vector<std::string> splat_file_losses(const Asset& asset) {
  std::vector<std::string> losses;
  if (!asset.meshes.empty()) {
    losses.push_back(fmt::format("the file holds the splats alone; {} mesh{} left out", asset.meshes.size(),
                                 asset.meshes.size() == 1 ? " is" : "es are"));
  }
  if (asset.splats.size() > 1) {
    losses.push_back(
        fmt::format("the file holds one cloud; {} clouds are merged, their names are left out", asset.splats.size()));
  }
  return losses;
}

}  // namespace

Asset read_asset(const std::filesystem::path& path) {
  const std::vector<std::byte> head = with_context(path, [&] { return read_file_head(path, kHeadBytes); });
  if (is_ply(head)) return read_ply(path);
  if (is_spz(head)) return read_spz(path);
  if (is_glb(head) || looks_like_json(head)) return read_gltf(path);
  fail(ErrorCode::kUnsupported, "{}: is no glTF (.glb, .gltf), PLY of splats or SPZ, by its first bytes",
       path.string());
}

std::vector<std::string> write_asset(const Asset& asset, const std::filesystem::path& path) {
  check_asset_name(path);
  const std::string extension = lower_extension(path);
  if (extension == ".glb") {
    write_glb(asset, path);
    return {};
  }
  if (extension == ".spz") {
    write_spz(asset, path);
  } else {
    write_ply(asset, path);
  }
  return splat_file_losses(asset);
}

void check_asset_name(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  if (extension == ".glb" || extension == ".ply" || extension == ".spz") return;
  fail(ErrorCode::kInvalidInput, "{}: ends in '{}', expected .glb, .ply or .spz", path.string(), extension);
}

bool is_asset_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return false;
  const std::string extension = lower_extension(path);
  for (const char* known : {".glb", ".gltf", ".ply", ".spz"}) {
    if (extension == known) return true;
  }
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  const std::vector<std::byte> head = read_file_head(path, kHeadBytes);
  return is_ply(head) || is_glb(head) || is_spz(head);
}

}  // namespace diorama
