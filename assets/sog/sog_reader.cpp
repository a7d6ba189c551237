#include "assets/sog.h"
#include "assets/sog/sog_files.h"
#include "assets/splat_repair.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr size_t kMostFiles = 64;  // of a zip; a SOG has up to eight
constexpr uint64_t kMostMetaBytes = uint64_t{64} << 20;

struct SogPictures {
  ImageRgba8 means_low, means_high, scales, quats, sh0, labels, centroids;
};

class SogReader {
 public:
  SogReader(const SogMeta& meta, const SogFetch& fetch) : meta_(meta), fetch_(fetch) {}

  SplatCloud read();

 private:
  std::vector<std::byte> file(const std::string& name);
  void check_size(const std::vector<std::vector<std::byte>>& files) const;
  ImageRgba8 picture(std::span<const std::byte> bytes, const std::string& name, size_t texels) const;
  void read_pictures();
  void read_palette(std::span<const std::byte> bytes);
  float value(const SogTable& table, uint8_t code, const char* what, size_t splat) const;
  glm::vec3 position(size_t i) const;
  glm::vec4 rotation(size_t i) const;
  void take_rest(SplatCloud& cloud, size_t i) const;

  const SogMeta& meta_;
  const SogFetch& fetch_;
  SogPictures pictures_;
  int sh_degree_ = 0;
  size_t palette_size_ = 0;
};

// Before memory is taken for them. SOGs of real scenes have 8 bytes a splat and more, far less is a bomb.
void SogReader::check_size(const std::vector<std::vector<std::byte>>& files) const {
  constexpr uint64_t kMostPerByte = 64, kSmall = uint64_t{1} << 20;
  uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.size();
  const uint64_t needed = uint64_t{meta_.count} * 24;  // four bytes of six pictures
  if (needed > kMostPerByte * bytes + kSmall) {
    fail(ErrorCode::kInvalidInput, "promises {} splats, too many for {} bytes of pictures", meta_.count, bytes);
  }
}

// The picture, of at least as many texels, and of not so many more that it would be a bomb.
ImageRgba8 SogReader::picture(std::span<const std::byte> bytes, const std::string& name, size_t texels) const {
  return with_context(name, [&] {
    const glm::ivec2 size = probe_image(bytes).size_px;
    const uint64_t found = static_cast<uint64_t>(size.x) * static_cast<uint64_t>(size.y);
    if (found < texels || found > 2 * uint64_t{texels} + 65536) {
      fail(ErrorCode::kInvalidInput, "has {}x{} texels, expected {} and hardly more", size.x, size.y, texels);
    }
    return decode_rgba8(bytes);
  });
}

void SogReader::read_pictures() {
  std::vector<std::string> names = {meta_.means_low_file, meta_.means_high_file, meta_.scales_file, meta_.quats_file,
                                    meta_.sh0_file};
  if (meta_.rest) names.insert(names.end(), {meta_.rest->labels_file, meta_.rest->centroids_file});
  std::vector<std::vector<std::byte>> files;
  for (const std::string& name : names) files.push_back(fetch_(name));
  check_size(files);
  const std::array<ImageRgba8*, 6> by_splat = {&pictures_.means_low, &pictures_.means_high, &pictures_.scales,
                                               &pictures_.quats,     &pictures_.sh0,        &pictures_.labels};
  for (size_t i = 0; i < (meta_.rest ? 6u : 5u); ++i) *by_splat[i] = picture(files[i], names[i], meta_.count);
  if (meta_.rest) with_context(names[6], [&] { read_palette(files[6]); });
}

// 64 centroids a row, of 3, 8 or 15 texels each: the width tells the degree.
void SogReader::read_palette(std::span<const std::byte> bytes) {
  const glm::ivec2 size = probe_image(bytes).size_px;
  for (int degree = 1; degree <= 3; ++degree) {
    if (size.x == static_cast<int>(kSogCentroidsARow) * (sh_count(degree) - 1)) sh_degree_ = degree;
  }
  if (sh_degree_ == 0) {
    fail(ErrorCode::kInvalidInput, "is {} texels wide, expected 192, 512 or 960 (64 centroids of SH degree 1, 2 or 3)",
         size.x);
  }
  const size_t most = std::min(kSogCentroidsARow * static_cast<size_t>(size.y), kMostSogPalette);
  palette_size_ = meta_.rest->count.value_or(most);
  if (palette_size_ > most || size.y > static_cast<int>(kMostSogPalette / kSogCentroidsARow)) {
    fail(ErrorCode::kInvalidInput, "is {} texels high, expected {} for {} centroids", size.y,
         (palette_size_ + kSogCentroidsARow - 1) / kSogCentroidsARow, palette_size_);
  }
  pictures_.centroids = decode_rgba8(bytes);
}

float SogReader::value(const SogTable& table, uint8_t code, const char* what, size_t splat) const {
  if (code >= table.size()) {
    fail(ErrorCode::kInvalidInput, "splat {} has the {} code {}, its codebook ends at {}", splat, what, code,
         table.size() - 1);
  }
  return table[code];
}

glm::vec3 SogReader::position(size_t i) const {
  const glm::u8vec4 low = pictures_.means_low.pixels()[i], high = pictures_.means_high.pixels()[i];
  glm::vec3 result;
  for (int axis = 0; axis < 3; ++axis) {
    const double share = (low[axis] + 256 * high[axis]) / 65535.0;
    const double v = meta_.means_min[axis] + (meta_.means_max[axis] - meta_.means_min[axis]) * share;
    result[axis] = static_cast<float>(std::copysign(std::expm1(std::abs(v)), v));
  }
  return result;
}

// Alpha is 252 and the index of the largest of w x y z, colours are the others times the root of two.
glm::vec4 SogReader::rotation(size_t i) const {
  const glm::u8vec4 code = pictures_.quats.pixels()[i];
  if (code.a < 252) return {0, 0, 0, 1};
  const int largest = code.a - 252;
  std::array<float, 4> wxyz{};
  float rest = 1;
  for (int k = 0, channel = 0; k < 4; ++k) {
    if (k == largest) continue;
    const float q = (static_cast<float>(code[channel++]) / 127.5f - 1) / std::numbers::sqrt2_v<float>;
    wxyz[static_cast<size_t>(k)] = q;
    rest -= q * q;
  }
  wxyz[static_cast<size_t>(largest)] = std::sqrt(std::max(rest, 0.0f));
  return {wxyz[1], wxyz[2], wxyz[3], wxyz[0]};
}

void SogReader::take_rest(SplatCloud& cloud, size_t i) const {
  const glm::u8vec4 code = pictures_.labels.pixels()[i];
  const size_t label = code.r + size_t{256} * code.g;
  if (label >= palette_size_) {
    fail(ErrorCode::kInvalidInput, "splat {} has the SH label {}, its palette has {} entries", i, label, palette_size_);
  }
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  const size_t first = label % kSogCentroidsARow * (width - 1);
  const auto row = pictures_.centroids.row(static_cast<int>(label / kSogCentroidsARow));
  for (size_t k = 1; k < width; ++k) {
    const glm::u8vec4 texel = row[first + k - 1];
    for (int channel = 0; channel < 3; ++channel) {
      cloud.sh[i * width + k][channel] = value(meta_.rest->values, texel[channel], "SH", i);
    }
  }
}

SplatCloud SogReader::read() {
  read_pictures();
  SplatCloud cloud;
  cloud.sh_degree = sh_degree_;
  cloud.resize(meta_.count);
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  for (size_t i = 0; i < cloud.size(); ++i) {
    cloud.positions[i] = position(i);
    cloud.rotations_xyzw[i] = rotation(i);
    const glm::u8vec4 scale = pictures_.scales.pixels()[i], color = pictures_.sh0.pixels()[i];
    for (int axis = 0; axis < 3; ++axis) {
      const auto a = static_cast<size_t>(axis);
      cloud.scales[i][axis] = std::exp(value(meta_.log_scales[a], scale[axis], "scale", i));
      cloud.sh[i * width][axis] = value(meta_.colors[a], color[axis], "colour", i);
    }
    cloud.opacities[i] = value(meta_.opacities, color.a, "opacity", i);
    if (meta_.rest) take_rest(cloud, i);
  }
  return cloud;
}

Asset asset_from(const SogMeta& meta, const SogFetch& fetch) {
  Asset asset;
  asset.notes = meta.notes;
  SplatPart part{.name = "splats", .cloud = read_sog_cloud(meta, fetch, asset.notes)};
  asset.record = meta.record;
  // A file by others: nothing is known of it but this.
  if (!asset.record && meta.antialiased) asset.record = AssetRecord{.representation = "splats", .antialiased = true};
  if (asset.record) transform(part.cloud, asset.record->asset_from_capture);
  check_splat_cloud(part.cloud);
  asset.splats.push_back(std::move(part));
  return asset;
}

Asset asset_from_zip(std::span<const std::byte> bytes) {
  const auto files = read_zip(bytes, kMostFiles);
  // The files may lie in a folder of the zip.
  const auto meta_file = std::find_if(files.begin(), files.end(), [](const auto& file) {
    return file.first == "meta.json" || file.first.ends_with("/meta.json");
  });
  if (meta_file == files.end()) fail(ErrorCode::kInvalidInput, "is a zip without meta.json, so no SOG");
  const std::string folder = meta_file->first.substr(0, meta_file->first.size() - std::string("meta.json").size());
  const auto* text = reinterpret_cast<const char*>(meta_file->second.data());
  const SogMeta meta = parse_sog_meta({text, meta_file->second.size()});
  return asset_from(meta, [&](const std::string& name) {
    const auto found = files.find(folder + name);
    if (found == files.end())
      fail(ErrorCode::kInvalidInput, "names the file \"{}\", which its zip does not hold", name);
    return found->second;
  });
}

}  // namespace

SplatCloud read_sog_cloud(const SogMeta& meta, const SogFetch& fetch, std::vector<std::string>& notes) {
  SplatCloud cloud = SogReader(meta, fetch).read();
  drop_not_finite(cloud, "the SOG", notes);
  normalize_rotations(cloud, "the SOG", notes);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "holds no splats");
  return cloud;
}

bool is_sog(std::span<const std::byte> bytes) {
  return is_zip(bytes);
}

bool is_sog_folder(const std::filesystem::path& folder) {
  const std::filesystem::path meta = folder / "meta.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(meta, ignored)) return false;
  constexpr size_t kHeadBytes = 65536;
  const std::vector<std::byte> head = read_file_head(meta, kHeadBytes);
  return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).find("\"means\"") !=
         std::string_view::npos;
}

Asset read_sog(const std::filesystem::path& path) {
  return with_context(path, [&] {
    const bool folder = std::filesystem::is_directory(path);
    if (!folder && path.filename() != "meta.json") return asset_from_zip(read_file(path));
    const std::filesystem::path meta_path = folder ? path / "meta.json" : path;
    const SogMeta meta = parse_sog_meta(read_text_file(meta_path, kMostMetaBytes));
    return asset_from(meta, [&](const std::string& name) { return read_file(meta_path.parent_path() / name); });
  });
}

Asset parse_sog(std::span<const std::byte> zip, const std::string& name) {
  return with_context(name, [&] { return asset_from_zip(zip); });
}

}  // namespace diorama
