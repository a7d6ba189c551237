#include "assets/ply.h"
#include "assets/ply/ply_record.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace diorama {
namespace {

constexpr double kMinOpacity = 0x1p-24;  // 1 - kMinOpacity is the float below 1
constexpr double kMinScale = 1e-10;
constexpr size_t kBlockSplats = 4096;  // 1 MB of rows at SH degree 3

size_t floats_a_row(int sh_degree) {
  return 14 + 3 * static_cast<size_t>(sh_count(sh_degree));
}

std::string header_of(const Asset& asset, const SplatCloud& cloud) {
  std::string text = "ply\nformat binary_little_endian 1.0\n";
  for (const std::string& comment : ply_comments_of(asset)) text += "comment " + comment + "\n";
  text += fmt::format("element vertex {}\n", cloud.size());
  const auto add = [&](const std::string& name) { text += "property float " + name + "\n"; };
  for (const char* name : {"x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"}) add(name);
  for (int i = 0; i < 3 * (sh_count(cloud.sh_degree) - 1); ++i) add(fmt::format("f_rest_{}", i));
  for (const char* name : {"opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"}) add(name);
  return text + "end_header\n";
}

float logit(float opacity) {
  const double o = std::clamp<double>(opacity, kMinOpacity, 1 - kMinOpacity);
  return static_cast<float>(std::log(o / (1 - o)));
}

float log_scale(float scale) {
  return static_cast<float>(std::log(std::max<double>(scale, kMinScale)));
}

void append_row(std::vector<float>& rows, const SplatCloud& cloud, size_t i) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  const glm::vec3 p = cloud.positions[i], s = cloud.scales[i];
  const glm::vec4 q = cloud.rotations_xyzw[i];
  const glm::vec3* sh = cloud.sh.data() + i * width;
  rows.insert(rows.end(), {p.x, p.y, p.z, 0, 0, 0, sh[0].r, sh[0].g, sh[0].b});
  for (int channel = 0; channel < 3; ++channel) {
    for (size_t k = 1; k < width; ++k) rows.push_back(sh[k][channel]);
  }
  rows.insert(rows.end(),
              {logit(cloud.opacities[i]), log_scale(s.x), log_scale(s.y), log_scale(s.z), q.w, q.x, q.y, q.z});
}

// The file in pieces: the header, then blocks of rows.
void emit(const Asset& asset, const std::function<void(std::span<const std::byte>)>& write) {
  SplatCloud cloud = merged_splats(asset);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats, so no PLY of them is written");
  check_splat_cloud(cloud);
  const Rigid motion = asset.record ? asset.record->asset_from_capture : Rigid{};
  transform(cloud, glm::inverse(glm::dmat4(to_mat4(motion))));
  const std::string header = header_of(asset, cloud);
  write(std::as_bytes(std::span(header)));
  std::vector<float> rows;
  rows.reserve(std::min(kBlockSplats, cloud.size()) * floats_a_row(cloud.sh_degree));
  for (size_t first = 0; first < cloud.size(); first += kBlockSplats) {
    rows.clear();
    for (size_t i = first; i < std::min(first + kBlockSplats, cloud.size()); ++i) append_row(rows, cloud, i);
    write(std::as_bytes(std::span(rows)));
  }
}

}  // namespace

std::vector<std::byte> encode_ply(const Asset& asset) {
  std::vector<std::byte> bytes;
  emit(asset, [&](std::span<const std::byte> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

void write_ply(const Asset& asset, const std::filesystem::path& path) {
  with_context(path, [&] {
    AtomicFile target(path);
    emit(asset, [&](std::span<const std::byte> piece) { target.write(piece); });
    target.commit();
  });
}

}  // namespace diorama
