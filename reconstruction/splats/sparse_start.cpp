#include "reconstruction/splats/sparse_start.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kMostViews = 96;
constexpr size_t kLeastPoints = 100;
constexpr size_t kGrain = 1024;

struct Sighting {
  size_t views = 0;
  float pixel_m = 0;  // least
};

Sighting sighting_of(glm::vec3 point, const std::vector<Camera>& cameras, const std::vector<Rigid>& camera_from_world) {
  Sighting seen;
  for (size_t i = 0; i < cameras.size(); ++i) {
    const glm::vec3 p = camera_from_world[i] * point;
    if (!(p.z > 0)) continue;
    const glm::vec2 pixel = project_in_camera(cameras[i], p), size(cameras[i].size_px);
    if (!(pixel.x >= 0 && pixel.y >= 0 && pixel.x < size.x && pixel.y < size.y)) continue;
    const float pixel_m = p.z / cameras[i].focal_px.x;
    seen.pixel_m = seen.views == 0 ? pixel_m : std::min(seen.pixel_m, pixel_m);
    ++seen.views;
  }
  return seen;
}

}  // namespace

std::vector<StartPoint> sparse_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                      JobContext& job) {
  if (!capture.has_points()) return {};
  const SparsePoints points = capture.load_points();
  std::vector<Camera> cameras;
  std::vector<Rigid> camera_from_world;
  const size_t used = std::min(kMostViews, set.views.size());
  for (size_t i = 0; i < used; ++i) {
    cameras.push_back(set.views[i * set.views.size() / used].camera);
    camera_from_world.push_back(inverse(cameras.back().world_from_camera));
  }
  std::vector<Sighting> seen(points.positions.size());
  job.pool().parallel_for(seen.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) seen[i] = sighting_of(points.positions[i], cameras, camera_from_world);
  });
  std::vector<StartPoint> start;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].views < std::min<size_t>(2, used)) continue;
    start.push_back(
        {.position = points.positions[i], .color = glm::vec3(points.colors[i]) / 255.0f, .pixel_m = seen[i].pixel_m});
  }
  if (start.size() < kLeastPoints) {
    job.log(
        LogLevel::kWarning,
        fmt::format("{}: training views see {} of its {} points, at least {} are needed; the fit starts without them",
                    capture.name(), start.size(), seen.size(), kLeastPoints));
    return {};
  }
  return thinned(start, options.count);
}

}  // namespace diorama
