#include "engine/base/error.h"
#include "engine/scene/splat_order.h"
#include "streaming/axis_naming.h"
#include "streaming/group_coding.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

constexpr size_t kGrain = 1024;

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

// 16 bits for a number in [-1, 1].
uint16_t code16(float value) {
  return static_cast<uint16_t>(std::lround((std::clamp(value, -1.0f, 1.0f) + 1) * 32767.5f));
}
float value16(uint16_t code) {
  return static_cast<float>(code) / 32767.5f - 1;
}

// Codes of a frame's transforms; these become what the codes stand for.
std::vector<uint16_t> encode_nodes(std::vector<NodeTransform>& transforms, float shift_m) {
  std::vector<uint16_t> codes;
  codes.reserve(6 * transforms.size());
  for (NodeTransform& transform : transforms) {
    glm::vec3 rotation(transform.rotation_xyzw), shift(0);
    for (int axis = 0; axis < 3; ++axis) {
      codes.push_back(code16(rotation[axis]));
      rotation[axis] = value16(codes.back());
    }
    for (int axis = 0; axis < 3; ++axis) {
      codes.push_back(code16(shift_m > 0 ? transform.shift_m[axis] / shift_m : 0.0f));
      shift[axis] = shift_m * value16(codes.back());
    }
    const float rest = 1 - glm::dot(rotation, rotation);
    transform = {glm::normalize(glm::vec4(rotation, std::sqrt(std::max(rest, 0.0f)))), shift};
  }
  return codes;
}

// The scalars of all frames before they become codes: [frame][scalar][splat].
using Scalars = std::vector<std::vector<std::vector<float>>>;

class ScalarMaker {
 public:
  ScalarMaker(const SplatGroup& group, const GroupCodes& codes, const NodeMotion& motion,
              const std::vector<std::vector<NodeTransform>>& transforms)
      : group_(group), codes_(codes), motion_(motion), transforms_(transforms), namings_(axis_namings()) {}

  void make(size_t i, Scalars& out) const {
    const size_t frames = group_.frames.size(), splat = codes_.order[i];
    std::vector<glm::quat> rotations(frames);
    for (size_t t = 0; t < frames; ++t) {
      const SplatCloud& cloud = group_.frames[t];
      const PredictedMotion predicted = motion_.predict(i, transforms_[t]);
      put(out[t], SplatScalar::kRestX, i, cloud.positions[splat] - predicted.position);
      rotations[t] =
          glm::conjugate(quat_from_xyzw(predicted.rotation_xyzw)) * quat_from_xyzw(cloud.rotations_xyzw[splat]);
    }
    const AxisNaming& naming = best_naming(namings_, rotations);
    for (size_t t = 0; t < frames; ++t) {
      const SplatCloud& cloud = group_.frames[t];
      glm::quat rotation = glm::normalize(rotations[t] * naming.old_from_new);
      if (rotation.w < 0) rotation = -rotation;
      put(out[t], SplatScalar::kRotationX, i, {rotation.x, rotation.y, rotation.z});
      const glm::vec3 scales = glm::max(cloud.scales[splat], glm::vec3(kLeastScale_m));
      put(out[t], SplatScalar::kLogScaleX, i, glm::log(naming.renamed(scales)));
      put_colors(cloud, splat, i, out[t]);
    }
  }

 private:
  static void put(std::vector<std::vector<float>>& frame, SplatScalar first, size_t i, glm::vec3 value) {
    for (int axis = 0; axis < 3; ++axis) frame[static_cast<size_t>(first) + static_cast<size_t>(axis)][i] = value[axis];
  }

  void put_colors(const SplatCloud& cloud, size_t splat, size_t i, std::vector<std::vector<float>>& frame) const {
    const glm::vec3* const sh = cloud.sh.data() + splat * static_cast<size_t>(sh_count(cloud.sh_degree));
    const glm::vec3 color = 0.5f + kShC0 * sh[0];
    frame[static_cast<size_t>(SplatScalar::kColorY)][i] = (color.r + 2 * color.g + color.b) / 4;
    frame[static_cast<size_t>(SplatScalar::kColorCo)][i] = color.r - color.b;
    frame[static_cast<size_t>(SplatScalar::kColorCg)][i] = color.g - (color.r + color.b) / 2;
    frame[static_cast<size_t>(SplatScalar::kOpacity)][i] = cloud.opacities[splat];
    for (int k = 1; k < sh_count(codes_.parameters.sh_degree); ++k) {
      const glm::vec3 value = k < sh_count(cloud.sh_degree) ? sh[k] : glm::vec3(0);
      for (int c = 0; c < 3; ++c) {
        frame[static_cast<size_t>(SplatScalar::kSh1) + static_cast<size_t>(3 * (k - 1) + c)][i] = value[c];
      }
    }
  }

  const SplatGroup& group_;
  const GroupCodes& codes_;
  const NodeMotion& motion_;
  const std::vector<std::vector<NodeTransform>>& transforms_;
  std::vector<AxisNaming> namings_;
};

int levels_of(size_t scalar, const CodingOptions& options) {
  const auto at = static_cast<SplatScalar>(scalar);
  if (at <= SplatScalar::kRestZ) return options.rest_levels;
  if (at <= SplatScalar::kRotationZ) return options.rotation_levels;
  if (at <= SplatScalar::kLogScaleZ) return options.scale_levels;
  if (at == SplatScalar::kOpacity) return options.opacity_levels;
  return at < SplatScalar::kSh1 ? options.color_levels : options.sh_levels;
}

// A scalar's range over the group, and its codes.
void quantize(size_t scalar, const Scalars& values, int levels, GroupCodes& codes) {
  ScalarRange range{.levels = levels};
  bool first = true;
  for (const auto& frame : values) {
    for (const float value : frame[scalar]) {
      range.low = first ? value : std::min(range.low, value);
      range.high = first ? value : std::max(range.high, value);
      first = false;
    }
  }
  for (size_t t = 0; t < values.size(); ++t) {
    std::vector<uint8_t>& out = codes.scalars[t][scalar];
    out.resize(values[t][scalar].size());
    const float scale = range.high > range.low ? 1 / range.step() : 0.0f;
    for (size_t i = 0; i < out.size(); ++i) {
      const float code = std::clamp((values[t][scalar][i] - range.low) * scale, 0.0f, static_cast<float>(levels));
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

GroupCodes encode_codes(const SplatGroup& group, const CodingOptions& options, ThreadPool& pool) {
  check_splat_group(group);
  const size_t frames = group.frames.size(), count = group.splat_count();
  GroupCodes codes;
  GroupParameters& p = codes.parameters;
  p.first_frame = group.first_frame;
  p.frame_count = frames;
  p.splat_count = count;
  p.node_count = node_count_of(count, options);
  p.sh_degree = std::min(options.sh_degree, group.sh_degree());
  codes.order = coding_order(group.frames.front(), p.node_count);
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
  for (auto& frame : transforms) codes.nodes.push_back(encode_nodes(frame, p.node_shift_m));

  const size_t scalars = scalar_count(p.sh_degree);
  Scalars values(frames, std::vector<std::vector<float>>(scalars, std::vector<float>(count)));
  const ScalarMaker maker(group, codes, motion, transforms);
  pool.parallel_for(count, kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) maker.make(i, values);
  });
  p.scalars.resize(scalars);
  codes.scalars.assign(frames, std::vector<std::vector<uint8_t>>(scalars));
  pool.parallel_for(scalars, 1, [&](size_t begin, size_t end) {
    for (size_t scalar = begin; scalar < end; ++scalar) quantize(scalar, values, levels_of(scalar, options), codes);
  });
  check_group_parameters(p);
  return codes;
}

}  // namespace diorama
