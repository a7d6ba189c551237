#include "reconstruction/splat_video/surface.h"

#include "engine/base/random.h"
#include "reconstruction/fusion/tsdf_volume.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kCandidates = 6;      // for each point that stays
constexpr int kLeastPiece = 24;        // triangles; ears and toes are small
constexpr float kSeenWithin = 0.015f;  // share of the depth
constexpr float kLeastCosine = 0.15f;  // of the angle between normal and view

Mesh fused(const MomentViews& moment, float voxel_m, ThreadPool& pool) {
  FusionOptions options;
  options.voxel_m = voxel_m;
  options.color = false;
  options.depth_max_m = 100;
  TsdfVolume volume(options);
  for (const MomentView& view : moment.views) {
    if (view.depth_m.empty()) continue;
    FusionView fusion{.depth_camera = view.camera, .depth_m = &view.depth_m, .color_camera = view.camera};
    volume.integrate(fusion, pool);
  }
  return volume.extract({.min_weight = 0.0f, .min_component = kLeastPiece}, pool);
}

// Points spread evenly by area: one in each of `count` equal shares of the running area.
std::vector<StartPoint> sampled(const Mesh& mesh, size_t count, Random& random) {
  std::vector<double> sums;
  double sum = 0;
  for (const glm::uvec3& t : mesh.triangles) {
    const glm::vec3 a = mesh.positions[t.x];
    sum += static_cast<double>(glm::length(glm::cross(mesh.positions[t.y] - a, mesh.positions[t.z] - a)));
    sums.push_back(sum);
  }
  std::vector<StartPoint> points;
  if (!(sum > 0)) return points;
  points.reserve(count);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const double target =
        (static_cast<double>(i) + static_cast<double>(random.uniform())) / static_cast<double>(count) * sum;
    while (at + 1 < sums.size() && sums[at] < target) ++at;
    const glm::uvec3& t = mesh.triangles[at];
    const float root = std::sqrt(random.uniform()), share = random.uniform();
    const glm::vec3 weights(1 - root, root * (1 - share), root * share);
    const auto mix = [&](const std::vector<glm::vec3>& of) {
      return weights.x * of[t.x] + weights.y * of[t.y] + weights.z * of[t.z];
    };
    const glm::vec3 edge1 = mesh.positions[t.y] - mesh.positions[t.x],
                    edge2 = mesh.positions[t.z] - mesh.positions[t.x];
    const glm::vec3 smooth = mesh.normals.empty() ? glm::cross(edge1, edge2) : mix(mesh.normals);
    const float length = glm::length(smooth);
    points.push_back({.position = mix(mesh.positions), .normal = length > 0 ? smooth / length : glm::vec3(0)});
  }
  return points;
}

// Colour and pixel size from the views that see the point, the squarer the more they count; false: none does.
bool look_up(const std::vector<MomentView>& views, const std::vector<Rigid>& camera_from_world, StartPoint& point) {
  glm::vec3 color(0);
  float weights = 0;
  point.pixel_m = 1e9f;
  for (size_t v = 0; v < views.size(); ++v) {
    const auto sight = sight_of(views[v], camera_from_world[v], point);
    if (!sight) continue;
    const float weight = sight->weight * static_cast<float>(sight->color.a) / 255.0f;
    color += weight / 255.0f * glm::vec3(sight->color);
    weights += weight;
    point.pixel_m = std::min(point.pixel_m, sight->pixel_m);
  }
  if (!(weights > 0)) return false;
  point.color = color / weights;
  return true;
}

}  // namespace

std::optional<Sight> sight_of(const MomentView& view, const Rigid& camera_from_world, const StartPoint& point) {
  const glm::vec3 p = camera_from_world * point.position;
  if (!(p.z > 0)) return std::nullopt;
  const glm::ivec2 pixel = glm::ivec2(glm::floor(project_in_camera(view.camera, p)));
  if (view.depth_m.empty() || !view.color.contains(pixel)) return std::nullopt;
  const float z = view.depth_m.at(pixel.x, pixel.y);
  if (!(z > 0 && std::abs(z - p.z) < kSeenWithin * z)) return std::nullopt;
  const glm::vec3 to_camera = glm::normalize(view.camera.world_from_camera.translation - point.position);
  const float cosine = glm::dot(to_camera, point.normal);
  if (cosine < kLeastCosine) return std::nullopt;
  return Sight{view.color.at(pixel.x, pixel.y), cosine * cosine, p.z / view.camera.focal_px.x};
}

std::vector<StartPoint> moment_surface(const MomentViews& moment, const SurfaceOptions& options, ThreadPool& pool) {
  const Mesh mesh = fused(moment, options.voxel_m, pool);
  Random random(options.seed, 21);
  std::vector<StartPoint> points = sampled(mesh, options.count * kCandidates, random);
  std::vector<Rigid> camera_from_world;
  for (const MomentView& view : moment.views) camera_from_world.push_back(inverse(view.camera.world_from_camera));
  std::vector<uint8_t> seen(points.size());
  pool.parallel_for(points.size(), 1024, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) seen[i] = look_up(moment.views, camera_from_world, points[i]);
  });
  size_t kept = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    if (seen[i]) points[kept++] = points[i];
  }
  points.resize(kept);
  shuffle(points, random);
  return thinned(points, options.count);
}

}  // namespace diorama
