#include "engine/base/error.h"
#include "engine/scene/splat_order.h"
#include "streaming/group_coding.h"
#include "streaming/splat_scalars.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Codes of the places in the first frame; returns the places that the codes stand for.
std::vector<glm::vec3> encode_base(const std::vector<glm::vec3>& places, int bits, GroupCodes& codes) {
  GroupParameters& p = codes.parameters;
  glm::vec3 low(0), high(0);
  if (!places.empty()) low = high = places.front();
  for (const glm::vec3& place : places) {
    low = glm::min(low, place);
    high = glm::max(high, place);
  }
  const glm::vec3 size = high - low;
  const auto most = static_cast<float>((1 << bits) - 1);
  p.base_low = low;
  p.base_low_bits = bits - 8;
  p.base_step_m = std::max({size.x, size.y, size.z}) / most;
  std::vector<glm::vec3> base(places.size());
  for (size_t axis = 0; axis < 3; ++axis) codes.base[axis].resize(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      const float steps = p.base_step_m > 0 ? (places[i][axis] - low[axis]) / p.base_step_m : 0.0f;
      const auto code = static_cast<uint16_t>(std::lround(std::clamp(steps, 0.0f, most)));
      codes.base[static_cast<size_t>(axis)][i] = code;
      base[i][axis] = low[axis] + p.base_step_m * static_cast<float>(code);
    }
  }
  return base;
}

// 16 bits for a number in [-1, 1], of which the last ones are 0 but for `bits`.
uint16_t code16(float value, int bits) {
  const float step = static_cast<float>(1 << (16 - bits)), most = 65536 - step;
  const float code = std::round((std::clamp(value, -1.0f, 1.0f) + 1) * 32767.5f / step) * step;
  return static_cast<uint16_t>(std::min(code, most));
}
float value16(uint16_t code) {
  return static_cast<float>(code) / 32767.5f - 1;
}

// Codes of a frame's transforms; these become what the codes stand for.
std::vector<uint16_t> encode_nodes(std::vector<NodeTransform>& transforms, float shift_m, int bits) {
  std::vector<uint16_t> codes;
  codes.reserve(6 * transforms.size());
  for (NodeTransform& transform : transforms) {
    glm::vec3 rotation(transform.rotation_xyzw), shift(0);
    for (int axis = 0; axis < 3; ++axis) {
      codes.push_back(code16(rotation[axis], bits));
      rotation[axis] = value16(codes.back());
    }
    for (int axis = 0; axis < 3; ++axis) {
      codes.push_back(code16(shift_m > 0 ? transform.shift_m[axis] / shift_m : 0.0f, bits));
      shift[axis] = shift_m * value16(codes.back());
    }
    const float rest = 1 - glm::dot(rotation, rotation);
    transform = {glm::normalize(glm::vec4(rotation, std::sqrt(std::max(rest, 0.0f)))), shift};
  }
  return codes;
}

float step_of(size_t scalar, const CodingOptions& options, float unit_m) {
  const auto at = static_cast<SplatScalar>(scalar);
  if (at <= SplatScalar::kRestZ) return options.position_step_units * unit_m;
  if (at <= SplatScalar::kRotationZ) return options.rotation_step;
  if (at <= SplatScalar::kLogScaleZ) return options.scale_step;
  if (at == SplatScalar::kOpacity) return options.opacity_step;
  return at < SplatScalar::kSh1 ? options.color_step : options.sh_step;
}

// A scalar's range over the group in steps of `step`, or of more where these are too many; and its codes.
void quantize(size_t scalar, const SplatScalars& values, float step, GroupCodes& codes) {
  ScalarRange range{.levels = 1};
  bool first = true;
  for (const auto& frame : values) {
    for (const float value : frame[scalar]) {
      range.low = first ? value : std::min(range.low, value);
      range.high = first ? value : std::max(range.high, value);
      first = false;
    }
  }
  constexpr float kMostLevels = 255;
  if (const float levels = std::ceil((range.high - range.low) / step); levels < kMostLevels) {
    range.levels = std::max(static_cast<int>(levels), 1);
    if (levels >= 1) range.high = range.low + step * levels;
  } else {
    range.levels = static_cast<int>(kMostLevels);
  }
  for (size_t t = 0; t < values.size(); ++t) {
    std::vector<uint8_t>& out = codes.scalars[t][scalar];
    out.resize(values[t][scalar].size());
    const float scale = range.high > range.low ? 1 / range.step() : 0.0f;
    for (size_t i = 0; i < out.size(); ++i) {
      const float code = std::clamp((values[t][scalar][i] - range.low) * scale, 0.0f, static_cast<float>(range.levels));
      out[i] = static_cast<uint8_t>(std::lround(code));
    }
  }
  codes.parameters.scalars[scalar] = range;
}

std::vector<glm::vec3> gathered_positions(const SplatCloud& cloud, std::span<const uint32_t> order) {
  std::vector<glm::vec3> positions;
  positions.reserve(order.size());
  for (const uint32_t splat : order) positions.push_back(cloud.positions[splat]);
  return positions;
}

}  // namespace

std::vector<uint32_t> coding_order(const SplatCloud& first, size_t nodes) {
  std::vector<uint32_t> order = spread_splats(first.positions, nodes);
  std::vector<uint8_t> is_node(first.size());
  for (const uint32_t splat : order) is_node[splat] = 1;
  for (const uint32_t splat : morton_order(first.positions)) {
    if (!is_node[splat]) order.push_back(splat);
  }
  return order;
}

size_t node_count_of(size_t splats, const CodingOptions& options) {
  const size_t wanted =
      std::min(splats / static_cast<size_t>(options.splats_of_node), static_cast<size_t>(options.most_nodes));
  return wanted < kLeastNodes ? 0 : wanted;
}

GroupCodes encode_codes(const SplatGroup& group, const CodingOptions& options, ThreadPool& pool,
                        const SplatWeights* weights) {
  check_splat_group(group);
  DIO_CHECK(weights == nullptr || weights->size() == group.splat_count());
  const size_t frames = group.frames.size();
  const std::vector<uint32_t> kept = kept_splats(weights != nullptr ? *weights : covers_of(group), options.prune);
  const size_t count = kept.size();
  GroupCodes codes;
  GroupParameters& p = codes.parameters;
  p.first_frame = group.first_frame;
  p.frame_count = frames;
  p.splat_count = count;
  p.node_count = node_count_of(count, options);
  p.sh_degree = std::min(options.sh_degree, group.sh_degree());
  codes.order = coding_order(gathered(group.frames.front(), kept), p.node_count);
  for (uint32_t& splat : codes.order) splat = kept[splat];
  const std::vector<glm::vec3> base =
      encode_base(gathered_positions(group.frames.front(), codes.order), options.base_bits, codes);
  const NodeMotion motion(base, p.node_count, pool);

  std::vector<std::vector<NodeTransform>> transforms(frames);
  pool.parallel_for(frames, 1, [&](size_t begin, size_t end) {
    for (size_t t = begin; t < end; ++t) {
      transforms[t] = fit_transforms(motion, base, gathered_positions(group.frames[t], codes.order));
    }
  });
  for (const auto& frame : transforms) {
    for (const NodeTransform& transform : frame) {
      for (int axis = 0; axis < 3; ++axis) p.node_shift_m = std::max(p.node_shift_m, std::abs(transform.shift_m[axis]));
    }
  }
  for (auto& frame : transforms) codes.nodes.push_back(encode_nodes(frame, p.node_shift_m, options.node_bits));

  const float unit_m = p.base_step_m * static_cast<float>((1 << options.base_bits) - 1) / kUnitsOfSize;
  SplatScalars values = splat_scalars(group, codes.order, motion, transforms, p.sh_degree,
                                      std::max(options.least_scale_units * unit_m, kLeastScale_m), pool);
  const size_t scalars = scalar_count(p.sh_degree);
  p.scalars.resize(scalars);
  codes.scalars.assign(frames, std::vector<std::vector<uint8_t>>(scalars));
  pool.parallel_for(scalars, 1, [&](size_t begin, size_t end) {
    for (size_t scalar = begin; scalar < end; ++scalar) {
      if (options.hold_sh && scalar >= kScalarsOfDegree0) hold(values, scalar);
      quantize(scalar, values, step_of(scalar, options, unit_m), codes);
    }
  });
  check_group_parameters(p);
  return codes;
}

}  // namespace diorama
