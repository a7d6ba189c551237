#include "assets/ply.h"
#include "assets/ply/compressed_ply.h"
#include "assets/ply/ply_record.h"
#include "assets/splat_repair.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/ply_file.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

// Where a row's values stand in the order that the columns are asked for.
enum Value { kX, kY, kZ, kOpacity, kRotW, kRotX, kRotY, kRotZ, kScale0, kScale1, kColor0, kColor1, kColor2, kFixed };

constexpr std::array<const char*, kFixed> kNames = {
    "x", "y", "z", "opacity", "rot_0", "rot_1", "rot_2", "rot_3", "scale_0", "scale_1", "f_dc_0", "f_dc_1", "f_dc_2"};

// The columns of a table of splats: the fixed ones, scale_2 where it is there, then f_rest.
struct SplatColumns {
  std::vector<size_t> columns;
  bool has_scale_2 = true;
  size_t rest_per_channel = 0;  // as the file has it; 24 is of degree 4
  int sh_degree = 0;
};

void require_splats(const PlyElement& vertex) {
  for (const char* name : kNames) {
    if (vertex.find(name)) continue;
    fail(ErrorCode::kInvalidInput,
         "the PLY's vertices have no property {}; a PLY of splats has x y z, f_dc_0-2, opacity, scale_0-2 and rot_0-3",
         name);
  }
}

SplatColumns columns_of(const PlyElement& vertex) {
  require_splats(vertex);
  SplatColumns result;
  for (const char* name : kNames) result.columns.push_back(*vertex.find(name));
  const std::optional<size_t> scale_2 = vertex.find("scale_2");
  result.has_scale_2 = scale_2.has_value();
  if (scale_2) result.columns.push_back(*scale_2);
  size_t rest = 0;
  while (const std::optional<size_t> column = vertex.find(fmt::format("f_rest_{}", rest))) {
    result.columns.push_back(*column);
    ++rest;
  }
  for (int degree = 0; degree <= 4; ++degree) {
    if (rest != 3 * static_cast<size_t>(sh_count(degree) - 1)) continue;
    result.rest_per_channel = rest / 3;
    result.sh_degree = std::min(degree, 3);
    return result;
  }
  fail(ErrorCode::kInvalidInput, "the PLY has {} properties f_rest_*, expected 0, 9, 24, 45 or 72", rest);
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Values that are not finite become NaN in the position, by which the splat is dropped afterwards.
void take_splat(SplatCloud& cloud, size_t i, std::span<const double> values, const SplatColumns& layout) {
  const auto exponential = [](double value) { return ply_float(std::exp(value)); };
  const auto vector = [&](size_t x) {
    return glm::vec3(ply_float(values[x]), ply_float(values[x + 1]), ply_float(values[x + 2]));
  };
  cloud.positions[i] = vector(kX);
  cloud.opacities[i] = static_cast<float>(sigmoid(values[kOpacity]));
  cloud.rotations_xyzw[i] = glm::vec4(vector(kRotX), ply_float(values[kRotW]));
  cloud.scales[i] = {exponential(values[kScale0]), exponential(values[kScale1]),
                     layout.has_scale_2 ? exponential(values[kFixed]) : 0.0f};
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  glm::vec3* sh = cloud.sh.data() + i * width;
  sh[0] = vector(kColor0);
  const std::span<const double> rest = values.subspan(kFixed + (layout.has_scale_2 ? 1 : 0));
  for (size_t k = 1; k < width; ++k) {
    for (size_t channel = 0; channel < 3; ++channel) {
      sh[k][static_cast<int>(channel)] = ply_float(rest[channel * layout.rest_per_channel + k - 1]);
    }
  }
  if (std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) return;
  cloud.positions[i].x = std::numeric_limits<float>::quiet_NaN();
}

SplatCloud read_cloud(const PlyTable& table, std::vector<std::string>& notes) {
  const SplatColumns layout = columns_of(*table.element);
  SplatCloud cloud;
  cloud.sh_degree = layout.sh_degree;
  cloud.resize(table.element->count);
  for_each_ply_row(table, layout.columns,
                   [&](size_t i, std::span<const double> values) { take_splat(cloud, i, values, layout); });
  if (!layout.has_scale_2) notes.emplace_back("the splats have two scales (2DGS); they are taken as flat ellipsoids");
  if (layout.rest_per_channel > 15) notes.emplace_back("the SH of degree 4 are left out");
  return cloud;
}

Asset asset_from(std::span<const std::byte> bytes) {
  if (!is_ply(bytes)) fail(ErrorCode::kInvalidInput, "is not a PLY: it does not start with the line 'ply'");
  const PlyHeader header = parse_ply_header(bytes);
  const PlyTable table = find_ply_table(header, bytes, "vertex");
  Asset asset;
  const bool compressed = is_compressed_ply(*table.element);
  SplatPart part{.name = "splats",
                 .cloud = compressed ? read_compressed_ply(header, bytes) : read_cloud(table, asset.notes)};
  drop_not_finite(part.cloud, "the PLY", asset.notes);
  normalize_rotations(part.cloud, "the PLY", asset.notes);
  if (part.cloud.size() == 0) fail(ErrorCode::kInvalidInput, "holds no splats");
  PlyComments comments = read_ply_comments(header.comments);
  asset.notes.insert(asset.notes.end(), comments.notes.begin(), comments.notes.end());
  asset.record = std::move(comments.record);
  // A file by others: nothing is known of it but this.
  if (!asset.record && comments.antialiased)
    asset.record = AssetRecord{.representation = "splats", .antialiased = true};
  if (asset.record) transform(part.cloud, asset.record->asset_from_capture);
  check_splat_cloud(part.cloud);
  asset.splats.push_back(std::move(part));
  return asset;
}

}  // namespace

Asset read_ply(const std::filesystem::path& path) {
  return with_context(path, [&] { return asset_from(read_file(path)); });
}

Asset parse_ply(std::span<const std::byte> bytes, const std::string& name) {
  return with_context(name, [&] { return asset_from(bytes); });
}

}  // namespace diorama
