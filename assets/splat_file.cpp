#include "assets/splat_file.h"

#include "assets/splat_repair.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

namespace diorama {
namespace {

// float position[3], float scale[3], u8 red, green, blue, opacity, u8 rotation w x y z.
constexpr size_t kRowBytes = 32;
constexpr size_t kRowFloats = 6;

struct Row {
  std::array<float, kRowFloats> floats{};
  std::array<uint8_t, 4> color{}, rotation_wxyz{};
};
static_assert(sizeof(Row) == kRowBytes);

SplatCloud cloud_of(std::span<const std::byte> bytes) {
  SplatCloud cloud;
  cloud.resize(bytes.size() / kRowBytes);
  for (size_t i = 0; i < cloud.size(); ++i) {
    Row row;
    std::memcpy(&row, bytes.data() + i * kRowBytes, kRowBytes);
    cloud.positions[i] = {row.floats[0], row.floats[1], row.floats[2]};
    cloud.scales[i] = {row.floats[3], row.floats[4], row.floats[5]};
    for (size_t c = 0; c < 3; ++c) {
      cloud.sh[i][static_cast<int>(c)] = (static_cast<float>(row.color[c]) / 255.0f - 0.5f) / kShC0;
    }
    cloud.opacities[i] = static_cast<float>(row.color[3]) / 255.0f;
    glm::vec4 wxyz;
    for (size_t k = 0; k < 4; ++k) {
      wxyz[static_cast<int>(k)] = (static_cast<float>(row.rotation_wxyz[k]) - 128.0f) / 128.0f;
    }
    cloud.rotations_xyzw[i] = {wxyz.y, wxyz.z, wxyz.w, wxyz.x};
  }
  return cloud;
}

Asset asset_from(std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.size() % kRowBytes != 0) {
    fail(ErrorCode::kInvalidInput, "has {} bytes, a .splat has {} for each splat: it is cut or of another kind",
         bytes.size(), kRowBytes);
  }
  Asset asset;
  SplatPart part{.name = "splats", .cloud = cloud_of(bytes)};
  drop_not_finite(part.cloud, "the .splat", asset.notes);
  normalize_rotations(part.cloud, "the .splat", asset.notes);
  if (part.cloud.size() == 0) fail(ErrorCode::kInvalidInput, "holds no splats");
  check_splat_cloud(part.cloud);
  asset.splats.push_back(std::move(part));
  return asset;
}

uint8_t rounded_byte(float value) {
  return static_cast<uint8_t>(std::clamp(std::floor(value + 0.5f), 0.0f, 255.0f));
}

// Viewers draw what has arrived: what matters most comes first.
std::vector<uint32_t> order_of(const SplatCloud& cloud) {
  std::vector<float> sizes(cloud.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = cloud.scales[i].x * cloud.scales[i].y * cloud.scales[i].z * cloud.opacities[i];
  }
  std::vector<uint32_t> order(cloud.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return sizes[a] > sizes[b]; });
  return order;
}

Row row_of(const SplatCloud& cloud, size_t i) {
  const glm::vec3 p = cloud.positions[i], s = cloud.scales[i];
  const glm::vec3 color = 0.5f + kShC0 * cloud.sh[i * static_cast<size_t>(sh_count(cloud.sh_degree))];
  const glm::vec4 q = cloud.rotations_xyzw[i];
  Row row{.floats = {p.x, p.y, p.z, s.x, s.y, s.z}};
  row.color = {rounded_byte(255 * color.r), rounded_byte(255 * color.g), rounded_byte(255 * color.b),
               rounded_byte(255 * cloud.opacities[i])};
  row.rotation_wxyz = {rounded_byte(128 * q.w + 128), rounded_byte(128 * q.x + 128), rounded_byte(128 * q.y + 128),
                       rounded_byte(128 * q.z + 128)};
  return row;
}

}  // namespace

Asset read_splat_file(const std::filesystem::path& path) {
  return with_context(path, [&] { return asset_from(read_file(path)); });
}

Asset parse_splat_file(std::span<const std::byte> bytes, const std::string& name) {
  return with_context(name, [&] { return asset_from(bytes); });
}

std::vector<std::byte> encode_splat_file(const Asset& asset) {
  SplatCloud cloud = merged_splats(asset);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats, so no .splat is written");
  check_splat_cloud(cloud);
  const Rigid motion = asset.record ? asset.record->asset_from_capture : Rigid{};
  transform(cloud, glm::inverse(glm::dmat4(to_mat4(motion))));
  std::vector<std::byte> bytes(cloud.size() * kRowBytes);
  const std::vector<uint32_t> order = order_of(cloud);
  for (size_t i = 0; i < order.size(); ++i) {
    const Row row = row_of(cloud, order[i]);
    std::memcpy(bytes.data() + i * kRowBytes, &row, kRowBytes);
  }
  return bytes;
}

void write_splat_file(const Asset& asset, const std::filesystem::path& path) {
  with_context(path, [&] { write_file(path, encode_splat_file(asset)); });
}

}  // namespace diorama
