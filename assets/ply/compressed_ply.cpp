#include "assets/ply/compressed_ply.h"

#include "engine/base/error.h"

#include <array>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

constexpr size_t kChunkSplats = 256;

// What the packed values of 256 splats run between. Colours were not ranged at first: 0 to 1.
struct Chunk {
  glm::dvec3 min_position{0.0}, max_position{0.0}, min_log_scale{0.0}, max_log_scale{0.0}, min_color{0.0},
      max_color{1.0};
};

std::vector<size_t> columns_of(const PlyElement& element, std::span<const char* const> names) {
  std::vector<size_t> columns;
  for (const char* name : names) {
    const std::optional<size_t> column = element.find(name);
    if (!column) fail(ErrorCode::kInvalidInput, "the compressed PLY's {} has no property {}", element.name, name);
    columns.push_back(*column);
  }
  return columns;
}

std::vector<Chunk> read_chunks(const PlyTable& table) {
  constexpr std::array kRanges = {"min_x",       "min_y",       "min_z",       "max_x",
                                  "max_y",       "max_z",       "min_scale_x", "min_scale_y",
                                  "min_scale_z", "max_scale_x", "max_scale_y", "max_scale_z"};
  constexpr std::array kColorRanges = {"min_r", "min_g", "min_b", "max_r", "max_g", "max_b"};
  std::vector<size_t> columns = columns_of(*table.element, kRanges);
  const bool has_colors = table.element->find("min_r").has_value();
  if (has_colors) {
    const std::vector<size_t> colors = columns_of(*table.element, kColorRanges);
    columns.insert(columns.end(), colors.begin(), colors.end());
  }
  std::vector<Chunk> chunks(table.element->count);
  for_each_ply_row(table, columns, [&](size_t i, std::span<const double> v) {
    const auto vector = [&](size_t first) { return glm::dvec3(v[first], v[first + 1], v[first + 2]); };
    chunks[i] = {vector(0), vector(3), vector(6), vector(9)};
    if (!has_colors) return;
    chunks[i].min_color = vector(12);
    chunks[i].max_color = vector(15);
  });
  return chunks;
}

// Bits [shift, shift + bits) as a share of their largest value.
double share(uint32_t word, int shift, int bits) {
  const uint32_t largest = (1u << bits) - 1;
  return static_cast<double>(word >> shift & largest) / largest;
}

glm::dvec3 shares_11_10_11(uint32_t word) {
  return {share(word, 21, 11), share(word, 11, 10), share(word, 0, 11)};
}

// The index of the largest of w x y z in the top two bits, the others after it in their order.
glm::vec4 rotation_of(uint32_t word) {
  const uint32_t largest = word >> 30;
  std::array<double, 4> wxyz{};
  double rest = 1;
  int shift = 20;
  for (uint32_t i = 0; i < 4; ++i) {
    if (i == largest) continue;
    wxyz[i] = (share(word, shift, 10) - 0.5) * std::sqrt(2.0);
    rest -= wxyz[i] * wxyz[i];
    shift -= 10;
  }
  wxyz[largest] = std::sqrt(std::max(0.0, rest));
  return glm::vec4(glm::dvec4(wxyz[1], wxyz[2], wxyz[3], wxyz[0]));
}

void read_splats(const PlyTable& vertices, std::span<const Chunk> chunks, SplatCloud& cloud) {
  constexpr std::array kPacked = {"packed_position", "packed_rotation", "packed_scale", "packed_color"};
  const std::vector<size_t> columns = columns_of(*vertices.element, kPacked);
  for (const size_t column : columns) {
    const PlyType type = vertices.element->properties[column].type;
    if (type == PlyType::kU32) continue;
    fail(ErrorCode::kInvalidInput, "the compressed PLY's packed properties must be of type uint");
  }
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  for_each_ply_row(vertices, columns, [&](size_t i, std::span<const double> values) {
    const Chunk& chunk = chunks[i / kChunkSplats];
    const auto word = [&](size_t k) {
      if (values[k] >= 0 && values[k] <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(values[k]);
      fail(ErrorCode::kInvalidInput, "splat {} of the compressed PLY has the packed value {}", i, values[k]);
    };
    const glm::dvec3 color(share(word(3), 24, 8), share(word(3), 16, 8), share(word(3), 8, 8));
    cloud.positions[i] = glm::vec3(glm::mix(chunk.min_position, chunk.max_position, shares_11_10_11(word(0))));
    cloud.rotations_xyzw[i] = rotation_of(word(1));
    cloud.scales[i] = glm::vec3(glm::exp(glm::mix(chunk.min_log_scale, chunk.max_log_scale, shares_11_10_11(word(2)))));
    cloud.sh[i * width] =
        glm::vec3((glm::mix(chunk.min_color, chunk.max_color, color) - 0.5) / static_cast<double>(kShC0));
    cloud.opacities[i] = static_cast<float>(share(word(3), 0, 8));
  });
}

int sh_degree_of(const PlyElement& sh) {
  for (int degree = 1; degree <= 3; ++degree) {
    if (sh.properties.size() == 3 * static_cast<size_t>(sh_count(degree) - 1)) return degree;
  }
  fail(ErrorCode::kInvalidInput, "the compressed PLY has {} properties f_rest_*, expected 9, 24 or 45",
       sh.properties.size());
}

// Codes of 1/32 from -4 on, channel by channel as in a plain PLY; a code stands for the middle of its step.
void read_sh(const PlyTable& table, SplatCloud& cloud) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  std::vector<size_t> columns;
  for (size_t i = 0; i < 3 * (width - 1); ++i) {
    const std::string name = fmt::format("f_rest_{}", i);
    const char* const names[] = {name.c_str()};
    columns.push_back(columns_of(*table.element, names).front());
  }
  for_each_ply_row(table, columns, [&](size_t i, std::span<const double> codes) {
    for (size_t k = 1; k < width; ++k) {
      for (size_t channel = 0; channel < 3; ++channel) {
        const double code = codes[channel * (width - 1) + k - 1];
        cloud.sh[i * width + k][static_cast<int>(channel)] = static_cast<float>((code + 0.5) / 32 - 4);
      }
    }
  });
}

}  // namespace

bool is_compressed_ply(const PlyElement& vertex) {
  return vertex.find("packed_position").has_value();
}

SplatCloud read_compressed_ply(const PlyHeader& header, std::span<const std::byte> bytes) {
  const PlyTable vertices = find_ply_table(header, bytes, "vertex");
  const std::vector<Chunk> chunks = read_chunks(find_ply_table(header, bytes, "chunk"));
  const uint64_t count = vertices.element->count;
  if (chunks.size() != (count + kChunkSplats - 1) / kChunkSplats) {
    fail(ErrorCode::kInvalidInput, "the compressed PLY has {} chunks for {} splats, expected one for each {}",
         chunks.size(), count, kChunkSplats);
  }
  SplatCloud cloud;
  std::optional<PlyTable> sh;
  for (const PlyElement& element : header.elements) {
    if (element.name == "sh") sh = find_ply_table(header, bytes, "sh");
  }
  if (sh && sh->element->count != count) {
    fail(ErrorCode::kInvalidInput, "the compressed PLY has SH for {} of {} splats", sh->element->count, count);
  }
  if (sh) cloud.sh_degree = sh_degree_of(*sh->element);
  cloud.resize(count);
  read_splats(vertices, chunks, cloud);
  if (sh) read_sh(*sh, cloud);
  return cloud;
}

}  // namespace diorama
