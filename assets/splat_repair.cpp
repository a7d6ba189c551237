#include "assets/splat_repair.h"

#include "engine/scene/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

bool is_splat_finite(const SplatCloud& cloud, size_t i, size_t width) {
  if (!is_finite(cloud.positions[i]) || !is_finite(cloud.scales[i])) return false;
  if (!is_finite(cloud.rotations_xyzw[i]) || !is_finite(cloud.opacities[i])) return false;
  return std::all_of(cloud.sh.begin() + static_cast<std::ptrdiff_t>(i * width),
                     cloud.sh.begin() + static_cast<std::ptrdiff_t>((i + 1) * width),
                     [](const glm::vec3& c) { return is_finite(c); });
}

void copy_splat(SplatCloud& cloud, size_t from, size_t to, size_t width) {
  cloud.positions[to] = cloud.positions[from];
  cloud.scales[to] = cloud.scales[from];
  cloud.rotations_xyzw[to] = cloud.rotations_xyzw[from];
  cloud.opacities[to] = cloud.opacities[from];
  for (size_t k = 0; k < width; ++k) cloud.sh[to * width + k] = cloud.sh[from * width + k];
}

}  // namespace

void normalize_rotations(SplatCloud& cloud, const std::string& where, std::vector<std::string>& notes) {
  size_t without = 0, first = 0;
  for (size_t i = 0; i < cloud.size(); ++i) {
    glm::vec4& q = cloud.rotations_xyzw[i];
    const double length = glm::length(glm::dvec4(q));  // squares of floats do not overflow in double
    if (length > 1e-12) {
      // What is off 1 by rounding alone keeps its bits.
      if (!(std::abs(length - 1) <= 3e-7)) q = glm::vec4(glm::dvec4(q) / length);
      continue;
    }
    if (without++ == 0) first = i;
    q = glm::vec4(0, 0, 0, 1);
  }
  if (without == 0) return;
  notes.push_back(
      fmt::format("{} has {} splat{} without a rotation (0 0 0 0), the first is number {}; they are taken as "
                  "unturned",
                  where, without, without == 1 ? "" : "s", first));
}

void drop_not_finite(SplatCloud& cloud, const std::string& where, std::vector<std::string>& notes) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  size_t kept = 0, first = 0;
  for (size_t i = 0; i < cloud.size(); ++i) {
    if (!is_splat_finite(cloud, i, width)) {
      if (kept == i) first = i;
      continue;
    }
    if (kept != i) copy_splat(cloud, i, kept, width);
    ++kept;
  }
  const size_t dropped = cloud.size() - kept;
  if (dropped == 0) return;
  cloud.resize(kept);
  notes.push_back(
      fmt::format("{} has {} splat{} with a value that is not finite, the first is number {}; they are left "
                  "out",
                  where, dropped, dropped == 1 ? "" : "s", first));
}

}  // namespace diorama
