#include "capture/sparse_points.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/ply_file.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace diorama {
namespace {

constexpr uint64_t kMostPoints = uint64_t{1} << 26;
constexpr double kFarthest = 1e7;  // as poses

// What a column's largest value is.
double color_range(PlyType type) {
  if (type == PlyType::kF32 || type == PlyType::kF64) return 1;
  return type == PlyType::kU16 ? 65535 : 255;
}

std::vector<size_t> columns_of(const PlyElement& vertex) {
  std::vector<size_t> columns;
  for (const char* name : {"x", "y", "z"}) {
    const std::optional<size_t> column = vertex.find(name);
    if (!column) fail(ErrorCode::kInvalidInput, "the PLY's vertices have no property {}, expected x, y and z", name);
    columns.push_back(*column);
  }
  for (const char* name : {"red", "green", "blue"}) {
    if (const std::optional<size_t> column = vertex.find(name)) columns.push_back(*column);
  }
  if (columns.size() < 6) columns.resize(3);
  return columns;
}

SparsePoints points_of(std::span<const std::byte> bytes) {
  const PlyHeader header = parse_ply_header(bytes);
  const PlyTable table = find_ply_table(header, bytes, "vertex");
  if (table.element->count > kMostPoints) {
    fail(ErrorCode::kInvalidInput, "the PLY has {} points, at most {} are taken", table.element->count, kMostPoints);
  }
  const std::vector<size_t> columns = columns_of(*table.element);
  SparsePoints points;
  points.positions.reserve(table.element->count);
  points.colors.reserve(table.element->count);
  for_each_ply_row(table, columns, [&](size_t, std::span<const double> values) {
    const auto near = [](double value) { return std::abs(value) <= kFarthest; };
    if (!std::all_of(values.begin(), values.begin() + 3, near)) return;
    glm::u8vec3 color(128);
    for (size_t c = 3; c < columns.size(); ++c) {
      const double value = 255 * values[c] / color_range(table.element->properties[columns[c]].type);
      color[static_cast<int>(c) - 3] =
          value >= 0 ? static_cast<uint8_t>(std::lround(std::min(value, 255.0))) : uint8_t{0};
    }
    points.positions.emplace_back(values[0], values[1], values[2]);
    points.colors.push_back(color);
  });
  return points;
}

}  // namespace

SparsePoints read_sparse_points(const std::filesystem::path& path) {
  return with_context(path, [&] { return points_of(read_file(path)); });
}

}  // namespace diorama
