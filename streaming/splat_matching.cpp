#include "streaming/splat_matching.h"

#include "engine/base/error.h"
#include "streaming/axis_naming.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

using Place = glm::ivec3;

Place place_of(glm::vec3 position, const GroupParameters& p) {
  if (!(p.base_step_m > 0)) return Place(0);
  const auto most = static_cast<float>((256 << p.base_low_bits) - 1);
  return Place(glm::round(glm::clamp((position - p.base_low) / p.base_step_m, glm::vec3(0.0f), glm::vec3(most))));
}

bool comes_before(Place a, Place b) {
  return a.x != b.x ? a.x < b.x : a.y != b.y ? a.y < b.y : a.z < b.z;
}

glm::vec3 color_of(const SplatCloud& cloud, size_t i) {
  return kShC0 * cloud.sh[i * static_cast<size_t>(sh_count(cloud.sh_degree))];
}

struct ErrorSum {
  double squares = 0, most = 0;
  size_t count = 0;
  void add(double error) {
    squares += error * error;
    most = std::max(most, error);
    ++count;
  }
  CodingError result() const { return {count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0, most}; }
};

glm::vec3 axis_in_world(glm::vec4 rotation_xyzw, int axis) {
  glm::vec3 direction(0.0f);
  direction[axis] = 1;
  return quat_from_xyzw(rotation_xyzw) * direction;
}

float angle_of(float cosine) {
  return std::acos(std::min(cosine, 1.0f));
}

// The smallest turn between two splats that shows; `naming` gets the decoded splat's names for the source's axes.
float shown_turn(const SplatCloud& source, size_t from, const SplatCloud& decoded, size_t i, float least_scale_m,
                 const std::vector<AxisNaming>& namings, glm::ivec3& old_axis) {
  const glm::vec3 scales = glm::max(source.scales[from], glm::vec3(least_scale_m));
  const std::optional<int> free = free_axis(scales);
  if (!free) {
    const glm::quat between =
        glm::conjugate(quat_from_xyzw(decoded.rotations_xyzw[i])) * quat_from_xyzw(source.rotations_xyzw[from]);
    const AxisNaming& naming = best_naming(namings, {&between, 1});
    old_axis = naming.old_axis;
    return 2 * angle_of(std::abs((between * naming.old_from_new).w));
  }
  if (*free == 3) {
    old_axis = {0, 1, 2};
    return 0;
  }
  // The decoded axis that is nearest to the one that stands out.
  const glm::vec3 axis = axis_in_world(source.rotations_xyzw[from], *free);
  int nearest = 0;
  float most = -1;
  for (int k = 0; k < 3; ++k) {
    const float cosine = std::abs(glm::dot(axis, axis_in_world(decoded.rotations_xyzw[i], k)));
    if (cosine > most) {
      most = cosine;
      nearest = k;
    }
  }
  for (int k = 0; k < 3; ++k) old_axis[(nearest + k) % 3] = (*free + k) % 3;
  return angle_of(most);
}

}  // namespace

std::optional<std::vector<uint32_t>> matched_splats(const GroupParameters& parameters, std::span<const glm::vec3> base,
                                                    const SplatCloud& source) {
  using Entry = std::pair<Place, uint32_t>;
  const auto sorted_places = [&](std::span<const glm::vec3> positions) {
    std::vector<Entry> places;
    for (size_t i = 0; i < positions.size(); ++i) {
      places.emplace_back(place_of(positions[i], parameters), static_cast<uint32_t>(i));
    }
    std::stable_sort(places.begin(), places.end(),
                     [](const Entry& a, const Entry& b) { return comes_before(a.first, b.first); });
    return places;
  };
  const std::vector<Entry> theirs = sorted_places(source.positions), ours = sorted_places(base);
  std::vector<uint32_t> order(base.size());
  auto their = theirs.begin();
  for (auto our = ours.begin(); our != ours.end();) {
    const Place place = our->first;
    const auto end_of = [&](auto at, auto end) {
      return std::find_if(at, end, [&](const Entry& entry) { return entry.first != place; });
    };
    const auto our_end = end_of(our, ours.end());
    while (their != theirs.end() && comes_before(their->first, place)) ++their;
    const auto their_end = end_of(their, theirs.end());
    if (their_end - their < our_end - our) return std::nullopt;
    const bool only = our_end - our == 1 && their_end - their == 1;
    for (auto at = our; at != our_end; ++at) order[at->second] = only ? their->second : kSharedPlace;
    our = our_end;
    their = their_end;
  }
  return order;
}

GroupErrors coding_errors(const GroupParameters& parameters, std::span<const uint32_t> order,
                          std::span<const SplatCloud> source, std::span<const SplatCloud> decoded) {
  const std::vector<AxisNaming> namings = axis_namings();
  float least_scale_m = std::numeric_limits<float>::infinity();
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t scalar = static_cast<size_t>(SplatScalar::kLogScaleX) + axis;
    least_scale_m = std::min(least_scale_m, std::exp(parameters.scalars[scalar].low));
  }
  ErrorSum position, rotation, log_scale, opacity, color;
  for (size_t t = 0; t < source.size(); ++t) {
    const SplatCloud &a = source[t], &b = decoded[t];
    for (size_t i = 0; i < b.size(); ++i) {
      const size_t from = order[i];
      if (from == kSharedPlace) continue;
      position.add(glm::distance(a.positions[from], b.positions[i]));
      opacity.add(std::abs(a.opacities[from] - b.opacities[i]));
      glm::ivec3 axis(0, 1, 2);
      rotation.add(shown_turn(a, from, b, i, least_scale_m, namings, axis));
      const glm::vec3 truth = glm::max(a.scales[from], glm::vec3(least_scale_m));
      const glm::vec3 difference = color_of(a, from) - color_of(b, i);
      for (int k = 0; k < 3; ++k) {
        log_scale.add(std::abs(std::log(truth[axis[k]]) - std::log(b.scales[i][k])));
        color.add(std::abs(difference[k]));
      }
    }
  }
  return {position.result(), rotation.result(), log_scale.result(), opacity.result(), color.result()};
}

}  // namespace diorama
