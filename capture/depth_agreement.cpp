#include "capture/depth_agreement.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr float kMinOverlap = 0.3f;
constexpr float kWidestAngleCosine = 0.7f;  // views of a point from more than 45 degrees apart see other sides
constexpr float kBestAngle = 0.2f;          // radians between the views of a point: parallax, but same surface
constexpr float kMinAngle = 0.015f, kMinTurn = 0.05f;  // radians; pairs with less of both could not fail
constexpr size_t kNearInTime = 40;                     // frames; poses drift over longer
constexpr size_t kEnoughPairs = 5;
constexpr size_t kOverlapStride = 16;

std::vector<Rigid> hypothetical_poses(std::span<const DepthView> views, const PoseHypothesis& hypothesis) {
  std::vector<Rigid> poses(views.size());
  std::transform(views.begin(), views.end(), poses.begin(),
                 [&](const DepthView& view) { return hypothetical_pose(view.camera.world_from_camera, hypothesis); });
  return poses;
}

bool in_view(const Camera& camera, glm::vec3 p_in_camera) {
  if (!(p_in_camera.z > 0)) return false;
  const glm::vec2 pixel = project_in_camera(camera, p_in_camera);
  return pixel.x >= 0 && pixel.y >= 0 && pixel.x < static_cast<float>(camera.size_px.x) &&
         pixel.y < static_cast<float>(camera.size_px.y);
}

struct Overlap {
  float share = 0;      // of a's points that b has in view
  float angle_rad = 0;  // mean angle between the two views of such a point
};

Overlap overlap_of(const DepthView& a, const DepthView& b, const Rigid& b_from_a) {
  size_t tried = 0, seen = 0;
  float angle_sum = 0;
  for (size_t i = 0; i < a.points.size(); i += kOverlapStride) {
    ++tried;
    const glm::vec3 p_in_b = b_from_a * a.points[i];
    if (!in_view(b.camera, p_in_b)) continue;
    const float cosine = glm::dot(glm::normalize(p_in_b), glm::normalize(p_in_b - b_from_a.translation));
    if (!(cosine >= kWidestAngleCosine)) continue;
    ++seen;
    angle_sum += std::acos(std::min(cosine, 1.0f));
  }
  if (seen == 0) return {};
  return {static_cast<float>(seen) / static_cast<float>(tried), angle_sum / static_cast<float>(seen)};
}

struct Candidate {
  float cost = 0;  // lower is better
  size_t a = 0, b = 0;
};

bool is_candidate(const DepthView& a, const DepthView& b, bool near_in_time, bool same_time_only) {
  if (same_time_only) return a.time_s == b.time_s;
  return !near_in_time || b.order - a.order <= kNearInTime;
}

std::vector<Candidate> find_candidates(std::span<const DepthView> views, const PoseHypothesis& hypothesis,
                                       bool near_in_time, bool same_time_only) {
  const std::vector<Rigid> poses = hypothetical_poses(views, hypothesis);
  std::vector<Candidate> candidates;
  for (size_t a = 0; a < views.size(); ++a) {
    for (size_t b = a + 1; b < views.size(); ++b) {
      if (!is_candidate(views[a], views[b], near_in_time, same_time_only)) continue;
      const Rigid b_from_a = inverse(poses[b]) * poses[a];
      const Overlap forward = overlap_of(views[a], views[b], b_from_a);
      if (forward.share < kMinOverlap) continue;
      if (forward.angle_rad < kMinAngle && rotation_angle(b_from_a.rotation) < kMinTurn) continue;
      if (overlap_of(views[b], views[a], inverse(b_from_a)).share < kMinOverlap) continue;
      candidates.push_back({std::abs(forward.angle_rad - kBestAngle), a, b});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& x, const Candidate& y) { return x.cost < y.cost; });
  return candidates;
}

struct Errors {
  size_t seen = 0, agree = 0, occluded = 0;
  std::vector<float> absolute_m, relative;
};

void carry_over(const DepthView& from, const DepthView& to, const Rigid& to_from_from, Errors& errors) {
  for (const glm::vec3 point : from.points) {
    const glm::vec3 p = to_from_from * point;
    if (!(p.z > 0)) continue;
    const std::optional<float> depth_m = surface_depth(to.depth_m, project_in_camera(to.camera, p));
    if (!depth_m) continue;
    const float relative = (p.z - *depth_m) / *depth_m;
    ++errors.seen;
    if (relative > kDepthTolerance) {
      ++errors.occluded;
      continue;
    }
    errors.agree += relative >= -kDepthTolerance ? 1 : 0;
    errors.absolute_m.push_back(std::abs(p.z - *depth_m));
    errors.relative.push_back(std::abs(relative));
  }
}

double median(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

}  // namespace

Rigid hypothetical_pose(const Rigid& world_from_camera, const PoseHypothesis& hypothesis) {
  Rigid pose = hypothesis.invert ? inverse(world_from_camera) : world_from_camera;
  if (hypothesis.flip_axes) {
    pose.rotation[1] = -pose.rotation[1];
    pose.rotation[2] = -pose.rotation[2];
  }
  pose.translation = glm::vec3(glm::dvec3(pose.translation) / hypothesis.depth_scale);
  return pose;
}

std::vector<std::pair<size_t, size_t>> choose_pairs(std::span<const DepthView> views, const PoseHypothesis& hypothesis,
                                                    const PairLimits& limits) {
  std::vector<Candidate> candidates = find_candidates(views, hypothesis, true, limits.same_time_only);
  if (candidates.size() < kEnoughPairs && !limits.same_time_only) {
    candidates = find_candidates(views, hypothesis, false, false);
  }
  const size_t share = views.empty() ? 0 : 2 + 2 * limits.max_pairs / views.size();
  std::vector<size_t> uses(views.size());
  std::vector<std::pair<size_t, size_t>> pairs;
  for (const Candidate& candidate : candidates) {
    if (pairs.size() == limits.max_pairs) break;
    if (uses[candidate.a] >= share || uses[candidate.b] >= share) continue;
    ++uses[candidate.a];
    ++uses[candidate.b];
    pairs.emplace_back(candidate.a, candidate.b);
  }
  return pairs;
}

DepthAgreement measure_agreement(std::span<const DepthView> views, std::span<const std::pair<size_t, size_t>> pairs,
                                 const PoseHypothesis& hypothesis) {
  const std::vector<Rigid> poses = hypothetical_poses(views, hypothesis);
  Errors errors;
  for (const auto& [a, b] : pairs) {
    const Rigid b_from_a = inverse(poses[b]) * poses[a];
    carry_over(views[a], views[b], b_from_a, errors);
    carry_over(views[b], views[a], inverse(b_from_a), errors);
  }
  return {pairs.size(),
          errors.seen,
          errors.agree,
          errors.occluded,
          median(errors.absolute_m) * hypothesis.depth_scale,
          median(errors.relative)};
}

}  // namespace diorama
