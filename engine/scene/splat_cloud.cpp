#include "engine/scene/splat_cloud.h"

#include "engine/base/error.h"
#include "engine/scene/finite.h"

#include <cmath>

namespace diorama {
namespace {

void check_length(size_t length, size_t expected, const char* name) {
  if (length == expected) return;
  fail(ErrorCode::kInvalidInput, "the cloud has {} {}, expected {}", length, name, expected);
}

void check_ranges(const SplatCloud& cloud) {
  for (size_t i = 0; i < cloud.size(); ++i) {
    const glm::vec3 scale = cloud.scales[i];
    if (!(scale.x >= 0 && scale.y >= 0 && scale.z >= 0)) {
      fail(ErrorCode::kInvalidInput, "splat {} of the cloud has a negative scale", i);
    }
    if (!(cloud.opacities[i] >= 0 && cloud.opacities[i] <= 1)) {
      fail(ErrorCode::kInvalidInput, "splat {} of the cloud has opacity {}, expected 0 to 1", i, cloud.opacities[i]);
    }
    const float length = glm::length(cloud.rotations_xyzw[i]);
    if (!(std::abs(length - 1) <= 1e-3f)) {
      fail(ErrorCode::kInvalidInput, "splat {} of the cloud has a rotation of length {}, expected 1", i, length);
    }
  }
}

}  // namespace

void SplatCloud::resize(size_t count) {
  positions.resize(count);
  scales.resize(count);
  rotations_xyzw.resize(count, glm::vec4(0, 0, 0, 1));
  opacities.resize(count);
  sh.resize(count * static_cast<size_t>(sh_count(sh_degree)));
}

Bounds bounds_of(const SplatCloud& cloud) {
  Bounds bounds;
  for (const glm::vec3& position : cloud.positions) bounds.extend(position);
  return bounds;
}

void check_splat_cloud(const SplatCloud& cloud) {
  if (!(cloud.sh_degree >= 0 && cloud.sh_degree <= 3)) {
    fail(ErrorCode::kInvalidInput, "the cloud has SH degree {}, expected 0 to 3", cloud.sh_degree);
  }
  check_length(cloud.scales.size(), cloud.size(), "scales");
  check_length(cloud.rotations_xyzw.size(), cloud.size(), "rotations");
  check_length(cloud.opacities.size(), cloud.size(), "opacities");
  check_length(cloud.sh.size(), cloud.size() * static_cast<size_t>(sh_count(cloud.sh_degree)), "SH coefficients");
  check_finite(cloud.positions, "splat", "cloud", "position");
  check_finite(cloud.scales, "splat", "cloud", "scale");
  check_finite(cloud.sh, "coefficient", "cloud", "value");
  check_ranges(cloud);
}

}  // namespace diorama
