#include "streaming/group_coding.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kNodeValues = 6;
constexpr size_t kMostSplats = size_t{1} << 23;

// Node values are 16 bits, high byte first.
size_t node_bytes(size_t nodes) {
  return 2 * kNodeValues * nodes;
}

glm::vec4 rotation_of(glm::vec3 v) {
  const float rest = 1 - glm::dot(v, v);
  return glm::normalize(glm::vec4(v, std::sqrt(std::max(rest, 0.0f))));
}

}  // namespace

ScalarPlace place_of(size_t scalar) {
  switch (static_cast<SplatScalar>(scalar)) {
    case SplatScalar::kColorCo:
      return {AtlasPlane::kCb, 0};
    case SplatScalar::kOpacity:
      return {AtlasPlane::kCb, 1};
    case SplatScalar::kColorCg:
      return {AtlasPlane::kCr, 0};
    default:
      return {AtlasPlane::kLuma, static_cast<int>(scalar < kScalarsOfDegree0 ? scalar : scalar - 3)};
  }
}

void check_group_parameters(const GroupParameters& p) {
  const auto refuse = [](const char* what) {
    fail(ErrorCode::kInvalidInput, "a group of a splat video has {}: the file is damaged or not of this version", what);
  };
  const auto finite = [](float value) { return std::isfinite(value) && std::abs(value) < 1e7f; };
  if (p.sh_degree < 0 || p.sh_degree > 1) refuse("an SH degree that is not 0 or 1");
  if (p.frame_count < 1 || p.frame_count > 1 << 16) refuse("no frames, or more than 65,536");
  if (p.splat_count > kMostSplats) refuse("more than 8,388,608 splats");
  if (p.node_count != 0 && (p.node_count < kLeastNodes || p.node_count > p.splat_count || p.node_count > 65535)) {
    refuse("a number of nodes that is neither 0 nor 5 to its splats");
  }
  if (p.base_low_bits < 0 || p.base_low_bits > 8) refuse("low bits beyond 0 to 8");
  if (!finite(p.base_low.x) || !finite(p.base_low.y) || !finite(p.base_low.z)) refuse("a base without a place");
  if (!finite(p.base_step_m) || !finite(p.node_shift_m) || p.base_step_m < 0 || p.node_shift_m < 0) {
    refuse("steps that are no lengths");
  }
  if (p.scalars.size() != scalar_count(p.sh_degree)) refuse("another number of scalars than its SH degree");
  for (const ScalarRange& range : p.scalars) {
    if (!finite(range.low) || !finite(range.high) || range.low > range.high || range.levels < 1 || range.levels > 255) {
      refuse("a scalar without a range");
    }
  }
}

GroupLayouts choose_layouts(size_t splats, size_t nodes, int sh_degree, glm::ivec2 most_px) {
  const int lossy_tiles = sh_degree == 0 ? 10 : 19;
  return {choose_layout(splats, 6, 0, 0, node_bytes(nodes), most_px),
          choose_layout(splats, lossy_tiles, 2, 1, 0, most_px)};
}

std::vector<Picture420> exact_pictures(const GroupCodes& codes, const AtlasLayout& layout) {
  const GroupParameters& p = codes.parameters;
  Picture420 base = Picture420::filled(layout.size_px, 0, 128);
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<uint8_t> high, low;
    for (const uint16_t code : codes.base[static_cast<size_t>(axis)]) {
      high.push_back(static_cast<uint8_t>(code >> p.base_low_bits));
      low.push_back(static_cast<uint8_t>(code & ((1u << p.base_low_bits) - 1)));
    }
    write_tile(base, layout, AtlasPlane::kLuma, axis, high);
    if (p.base_low_bits > 0) write_tile(base, layout, AtlasPlane::kLuma, 3 + axis, low);
  }
  std::vector<Picture420> pictures;
  for (const std::vector<uint16_t>& nodes : codes.nodes) {
    pictures.push_back(base);
    const std::span<uint8_t> bytes = extra_bytes(pictures.back(), layout);
    for (size_t i = 0; i < nodes.size(); ++i) {
      bytes[2 * i] = static_cast<uint8_t>(nodes[i] >> 8);
      bytes[2 * i + 1] = static_cast<uint8_t>(nodes[i] & 255);
    }
  }
  return pictures;
}

std::vector<Picture420> lossy_pictures(const GroupCodes& codes, const AtlasLayout& layout) {
  std::vector<Picture420> pictures;
  for (const auto& frame : codes.scalars) {
    pictures.push_back(Picture420::filled(layout.size_px, 128, 128));
    for (size_t scalar = 0; scalar < frame.size(); ++scalar) {
      const ScalarPlace place = place_of(scalar);
      write_tile(pictures.back(), layout, place.plane, place.tile, frame[scalar]);
    }
  }
  return pictures;
}

void check_fits(const GroupParameters& parameters, const GroupLayouts& layouts) {
  check_group_parameters(parameters);
  check_layout(layouts.exact);
  check_layout(layouts.lossy);
  int tiles[3] = {0, 0, 0};
  for (size_t scalar = 0; scalar < parameters.scalars.size(); ++scalar) {
    const ScalarPlace place = place_of(scalar);
    int& most = tiles[static_cast<int>(place.plane)];
    most = std::max(most, place.tile + 1);
  }
  const size_t room = static_cast<size_t>(layouts.exact.extra_rows) * static_cast<size_t>(layouts.exact.size_px.x);
  if (parameters.splat_count > layouts.exact.capacity() || parameters.splat_count > layouts.lossy.capacity() ||
      layouts.exact.luma_tiles < (parameters.base_low_bits > 0 ? 6 : 3) || tiles[0] > layouts.lossy.luma_tiles ||
      tiles[1] > layouts.lossy.cb_tiles || tiles[2] > layouts.lossy.cr_tiles ||
      node_bytes(parameters.node_count) > room) {
    fail(ErrorCode::kInvalidInput, "{} splats with {} nodes and {} scalars do not fit the atlases' {} and {} places",
         parameters.splat_count, parameters.node_count, parameters.scalars.size(), layouts.exact.capacity(),
         layouts.lossy.capacity());
  }
}

std::vector<glm::vec3> read_base(const GroupParameters& parameters, const AtlasLayout& layout,
                                 const Picture420& exact) {
  const size_t count = parameters.splat_count;
  std::vector<glm::vec3> base(count);
  std::vector<uint8_t> high(count), low(count);
  for (int axis = 0; axis < 3; ++axis) {
    read_tile(exact, layout, AtlasPlane::kLuma, axis, high);
    if (parameters.base_low_bits > 0) read_tile(exact, layout, AtlasPlane::kLuma, 3 + axis, low);
    for (size_t i = 0; i < count; ++i) {
      const int code = (int{high[i]} << parameters.base_low_bits) + int{low[i]};
      base[i][axis] = parameters.base_low[axis] + parameters.base_step_m * static_cast<float>(code);
    }
  }
  return base;
}

void read_nodes(const GroupParameters& parameters, const AtlasLayout& layout, const Picture420& exact,
                std::span<NodeTransform> transforms) {
  const std::span<const uint8_t> bytes = extra_bytes(exact, layout);
  for (size_t node = 0; node < transforms.size(); ++node) {
    float values[kNodeValues];
    for (size_t k = 0; k < kNodeValues; ++k) {
      const size_t at = 2 * (kNodeValues * node + k);
      values[k] = static_cast<float>(bytes[at] << 8 | bytes[at + 1]) / 32767.5f - 1;
    }
    transforms[node] = {rotation_of({values[0], values[1], values[2]}),
                        parameters.node_shift_m * glm::vec3(values[3], values[4], values[5])};
  }
}

}  // namespace diorama
