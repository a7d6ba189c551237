#include "assets/asset_file.h"

#include "assets/gltf.h"
#include "assets/gltf/glb_chunks.h"
#include "assets/ply.h"
#include "assets/sog.h"
#include "assets/sog_levels.h"
#include "assets/splat_file.h"
#include "assets/spz.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/ply_file.h"

#include <algorithm>
#include <string_view>
#include <utility>

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

// What .splat does not hold besides.
std::vector<std::string> dot_splat_losses(const Asset& asset) {
  std::vector<std::string> losses;
  const bool harmonics = std::any_of(asset.splats.begin(), asset.splats.end(),
                                     [](const SplatPart& part) { return part.cloud.sh_degree > 0; });
  if (harmonics) losses.emplace_back("the file holds one colour a splat; the SH of degree 1 and more are left out");
  if (asset.record) losses.emplace_back("the file holds no record of the fit; it is left out, with the way to +Y up");
  return losses;
}

// The endings that are written; a folder of SOG goes by its meta.json.
constexpr const char* kWritten[] = {".glb", ".ply", ".spz", ".sog", ".splat"};

bool is_sog_meta(const std::filesystem::path& path) {
  return path.filename() == "meta.json";
}

bool has_written_ending(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  return std::any_of(std::begin(kWritten), std::end(kWritten), [&](const char* known) { return extension == known; });
}

Asset read_one_level(const std::filesystem::path& path, ThreadPool* pool) {
  std::error_code ignored;
  if (is_sog_meta(path) || (std::filesystem::is_directory(path, ignored) && is_sog_folder(path))) return read_sog(path);
  const std::vector<std::byte> head = with_context(path, [&] { return read_file_head(path, kHeadBytes); });
  if (is_ply(head)) return read_ply(path);
  if (is_spz(head)) return read_spz(path, pool);
  if (is_sog(head)) return read_sog(path);
  if (is_glb(head) || looks_like_json(head)) return read_gltf(path);
  if (lower_extension(path) == ".splat") return read_splat_file(path);
  fail(ErrorCode::kUnsupported, "{}: is no glTF (.glb, .gltf), PLY of splats, SPZ, SOG or .splat, by its first bytes",
       path.string());
}

// The first frame of a splat video as splats of its own: its other frames are not what was converted or edited.
std::vector<std::string> write_still(const Asset& asset, const std::filesystem::path& path,
                                     const AssetWriteOptions& options) {
  Asset still = asset;
  std::string place = "the streams of the coded one";
  if (still.record) {
    still.record->representation = "splats";
    const std::string folder = std::exchange(still.record->splat_groups, std::string());
    if (!folder.empty()) place = folder;
  }
  still.splat_video_json.clear();
  std::vector<std::string> losses = {
      fmt::format("the file holds the first frame of the splat video; the others stay in {}", place)};
  const std::vector<std::string> more = write_asset(still, path, options);
  losses.insert(losses.end(), more.begin(), more.end());
  return losses;
}

}  // namespace

Asset read_asset(const std::filesystem::path& path, const AssetReadOptions& options) {
  const auto most = static_cast<size_t>(options.max_splats);
  if (is_sog_levels(path)) return read_sog_levels(path, most);
  Asset asset = read_one_level(path, options.pool);
  if (most > 0 && splat_count(asset) > most) {
    fail(ErrorCode::kInvalidInput,
         "{}: has {} splats and no levels of detail, {} are allowed; write levels with `diorama convert --lod`",
         path.string(), splat_count(asset), most);
  }
  return asset;
}

std::vector<std::string> write_asset(const Asset& asset, const std::filesystem::path& path,
                                     const AssetWriteOptions& options) {
  check_asset_name(path);
  const bool has_groups = asset.record && !asset.record->splat_groups.empty();
  if (has_groups || !asset.splat_video_json.empty()) return write_still(asset, path, options);
  const std::string extension = lower_extension(path);
  if (extension == ".glb") {
    write_glb(asset, path, {.pack_splats = options.pack});
    return {};
  }
  std::vector<std::string> losses = splat_file_losses(asset);
  if (extension == ".spz") {
    write_spz(asset, path, options.pool);
  } else if (extension == ".ply") {
    write_ply(asset, path);
  } else if (extension == ".splat") {
    write_splat_file(asset, path);
    const std::vector<std::string> more = dot_splat_losses(asset);
    losses.insert(losses.end(), more.begin(), more.end());
  } else {
    std::optional<ThreadPool> own;
    write_sog(asset, path, options.pool != nullptr ? *options.pool : own.emplace());
  }
  return losses;
}

void check_asset_name(const std::filesystem::path& path) {
  if (is_sog_meta(path) || has_written_ending(path)) return;
  fail(ErrorCode::kInvalidInput, "{}: ends in '{}', expected .glb, .ply, .spz, .sog, .splat or a folder's meta.json",
       path.string(), lower_extension(path));
}

bool is_asset_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (is_sog_levels(path)) return true;
  if (std::filesystem::is_directory(path, ignored)) return is_sog_folder(path);
  if (has_written_ending(path) || lower_extension(path) == ".gltf") return true;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  if (is_sog_meta(path)) return is_sog_folder(path.parent_path());
  const std::vector<std::byte> head = read_file_head(path, kHeadBytes);
  return is_ply(head) || is_glb(head) || is_spz(head);
}

uint64_t asset_file_bytes(const std::filesystem::path& path) {
  if (lower_extension(path) == ".gltf" || is_sog_levels(path)) return 0;
  const bool folder = std::filesystem::is_directory(path);
  if (!folder && !is_sog_meta(path)) return std::filesystem::file_size(path);
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder ? path : path.parent_path())) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return bytes;
}

}  // namespace diorama
