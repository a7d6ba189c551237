#include "streaming/splat_scalars.h"

#include "streaming/axis_naming.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kGrain = 1024;

// The shortest turn that leads from axis `axis` to a unit vector whose component along it is positive.
glm::quat shortest_turn(int axis, glm::vec3 to) {
  glm::vec3 from(0.0f);
  from[axis] = 1;
  return glm::normalize(glm::quat(1 + to[axis], glm::cross(from, to)));
}

// How a splat's axes are called in the streams, and how they turn from frame to frame.
struct NamedRotations {
  std::vector<glm::quat> rotations;  // w >= 0
  glm::ivec3 old_axis{0, 1, 2};
};

// Of a splat that looks the same however it turns about its axis `axis`.
NamedRotations without_twist(std::span<const glm::quat> rotations, int axis) {
  glm::vec3 axis_in_splat(0.0f), squares(0.0f);
  axis_in_splat[axis] = 1;
  std::vector<glm::vec3> directions;
  for (const glm::quat& rotation : rotations) {
    directions.push_back(rotation * axis_in_splat);
    squares += directions.back() * directions.back();
  }
  const int named = squares.x >= squares.y && squares.x >= squares.z ? 0 : squares.y >= squares.z ? 1 : 2;
  NamedRotations result;
  for (const glm::vec3& direction : directions) {
    result.rotations.push_back(shortest_turn(named, direction[named] < 0 ? -direction : direction));
  }
  for (int i = 0; i < 3; ++i) result.old_axis[(named + i) % 3] = (axis + i) % 3;
  return result;
}

class ScalarMaker {
 public:
  ScalarMaker(const SplatGroup& group, std::span<const uint32_t> order, const NodeMotion& motion,
              const std::vector<std::vector<NodeTransform>>& transforms, int sh_degree, float least_scale_m)
      : group_(group),
        order_(order),
        motion_(motion),
        transforms_(transforms),
        sh_degree_(sh_degree),
        least_scale_m_(least_scale_m),
        namings_(axis_namings()) {}

  void make(size_t i, SplatScalars& out) const {
    const size_t frames = group_.frames.size(), splat = order_[i];
    std::vector<glm::quat> rotations(frames);
    for (size_t t = 0; t < frames; ++t) {
      const SplatCloud& cloud = group_.frames[t];
      const PredictedMotion predicted = motion_.predict(i, transforms_[t]);
      put(out[t], SplatScalar::kRestX, i, cloud.positions[splat] - predicted.position);
      rotations[t] =
          glm::conjugate(quat_from_xyzw(predicted.rotation_xyzw)) * quat_from_xyzw(cloud.rotations_xyzw[splat]);
    }
    const NamedRotations named = named_rotations(splat, rotations);
    for (size_t t = 0; t < frames; ++t) {
      const glm::quat& rotation = named.rotations[t];
      put(out[t], SplatScalar::kRotationX, i, {rotation.x, rotation.y, rotation.z});
      const glm::vec3 scales = scales_of(t, splat);
      const glm::ivec3 axis = named.old_axis;
      put(out[t], SplatScalar::kLogScaleX, i, glm::log(glm::vec3(scales[axis.x], scales[axis.y], scales[axis.z])));
      put_colors(group_.frames[t], splat, i, out[t]);
    }
  }

 private:
  static void put(std::vector<std::vector<float>>& frame, SplatScalar first, size_t i, glm::vec3 value) {
    for (int axis = 0; axis < 3; ++axis) frame[static_cast<size_t>(first) + static_cast<size_t>(axis)][i] = value[axis];
  }

  glm::vec3 scales_of(size_t frame, size_t splat) const {
    return glm::max(group_.frames[frame].scales[splat], glm::vec3(least_scale_m_));
  }

  NamedRotations named_rotations(size_t splat, std::span<const glm::quat> rotations) const {
    std::optional<int> free = free_axis(scales_of(0, splat));
    for (size_t t = 1; t < rotations.size() && free; ++t) {
      const std::optional<int> here = free_axis(scales_of(t, splat));
      if (here == free || here == 3) continue;
      free = free == 3 ? here : std::nullopt;
    }
    if (free == 3) return {std::vector<glm::quat>(rotations.size(), glm::quat(1, 0, 0, 0)), {0, 1, 2}};
    if (free) return without_twist(rotations, *free);
    const AxisNaming& naming = best_naming(namings_, rotations);
    NamedRotations result{.old_axis = naming.old_axis};
    for (const glm::quat& old : rotations) {
      const glm::quat rotation = glm::normalize(old * naming.old_from_new);
      result.rotations.push_back(rotation.w < 0 ? -rotation : rotation);
    }
    return result;
  }

  void put_colors(const SplatCloud& cloud, size_t splat, size_t i, std::vector<std::vector<float>>& frame) const {
    const glm::vec3* const sh = cloud.sh.data() + splat * static_cast<size_t>(sh_count(cloud.sh_degree));
    const glm::vec3 color = 0.5f + kShC0 * sh[0];
    frame[static_cast<size_t>(SplatScalar::kColorY)][i] = (color.r + 2 * color.g + color.b) / 4;
    frame[static_cast<size_t>(SplatScalar::kColorCo)][i] = color.r - color.b;
    frame[static_cast<size_t>(SplatScalar::kColorCg)][i] = color.g - (color.r + color.b) / 2;
    frame[static_cast<size_t>(SplatScalar::kOpacity)][i] = cloud.opacities[splat];
    for (int k = 1; k < sh_count(sh_degree_); ++k) {
      const glm::vec3 value = k < sh_count(cloud.sh_degree) ? sh[k] : glm::vec3(0);
      for (int c = 0; c < 3; ++c) {
        frame[static_cast<size_t>(SplatScalar::kSh1) + static_cast<size_t>(3 * (k - 1) + c)][i] = value[c];
      }
    }
  }

  const SplatGroup& group_;
  std::span<const uint32_t> order_;
  const NodeMotion& motion_;
  const std::vector<std::vector<NodeTransform>>& transforms_;
  int sh_degree_;
  float least_scale_m_;
  std::vector<AxisNaming> namings_;
};

}  // namespace

SplatScalars splat_scalars(const SplatGroup& group, std::span<const uint32_t> order, const NodeMotion& motion,
                           const std::vector<std::vector<NodeTransform>>& transforms, int sh_degree,
                           float least_scale_m, ThreadPool& pool) {
  SplatScalars values(group.frames.size(),
                      std::vector<std::vector<float>>(scalar_count(sh_degree), std::vector<float>(order.size())));
  const ScalarMaker maker(group, order, motion, transforms, sh_degree, least_scale_m);
  pool.parallel_for(order.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) maker.make(i, values);
  });
  return values;
}

void hold(SplatScalars& values, size_t scalar) {
  for (size_t i = 0; i < values.front()[scalar].size(); ++i) {
    double sum = 0;
    for (const auto& frame : values) sum += static_cast<double>(frame[scalar][i]);
    const auto mean = static_cast<float>(sum / static_cast<double>(values.size()));
    for (auto& frame : values) frame[scalar][i] = mean;
  }
}

}  // namespace diorama
