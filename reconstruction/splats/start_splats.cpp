#include "reconstruction/splats/start_splats.h"

#include "engine/base/random.h"
#include "engine/raster/triangles.h"
#include "reconstruction/fusion/frame_feed.h"
#include "reconstruction/splats/depth_normals.h"
#include "reconstruction/splats/sparse_start.h"
#include "reconstruction/splats/sweep_points.h"

#include <glm/gtc/quaternion.hpp>
#include <nanoflann.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace diorama {
namespace {

constexpr size_t kMostViews = 96;      // that surface points are taken from
constexpr int kSampleWidth = 320;      // of the pictures that they are taken from, at most
constexpr size_t kCandidates = 8;      // for each point that stays
constexpr float kStartOpacity = 0.7f;  // of splats that lie on a surface
constexpr float kVagueOpacity = 0.1f;  // of splats that may lie anywhere
constexpr double kVagueShare = 0.1;    // of the latter, at least, where there is no depth
constexpr float kFlatness = 0.15f;     // thickness of a splat on a surface, as a share of its width

Mesh fuse_surface(const Capture& capture, const StartOptions& options, JobContext& job) {
  FusionOptions fusion;
  fusion.voxel_m = options.voxel_m;
  fusion.color = false;
  TsdfVolume volume(fusion);
  FrameFeed feed(capture, frames_to_fuse(capture), false, job.pool());
  job.begin_stage("fuse", feed.size());
  for (size_t i = 0; i < feed.size(); ++i) {
    volume.integrate(feed.load(i).view, job.pool());
    job.advance();
  }
  return volume.extract({}, job.pool());
}

void add_points(const TrainingView& full, const Mesh& mesh, size_t count, Random& random, ThreadPool& pool,
                std::vector<StartPoint>& points) {
  const int width = std::min(kSampleWidth, full.camera.size_px.x);
  const glm::ivec2 size(width, std::max(1, full.camera.size_px.y * width / full.camera.size_px.x));
  const Camera camera = resized(full.camera, size);
  const RasterMesh raster_mesh{.mesh = &mesh, .material = {}};
  const RasterResult seen =
      rasterize(std::span(&raster_mesh, 1), camera, {.samples = 1, .near_m = 0.05f, .background = {}}, pool);
  const ImageRgb normals = normals_of(camera, seen.depth_m, 1);
  for (size_t i = 0; i < count; ++i) {
    const glm::ivec2 pixel(random.below(static_cast<uint32_t>(size.x)), random.below(static_cast<uint32_t>(size.y)));
    const float z = seen.depth_m.at(pixel.x, pixel.y);
    if (!(z > 0)) continue;
    const glm::vec2 center = glm::vec2(pixel) + 0.5f;
    const glm::ivec2 source = glm::ivec2(center * glm::vec2(full.camera.size_px) / glm::vec2(size));
    if (!full.mask.empty() && full.mask.at(source.x, source.y) == 0) continue;
    const glm::mat3& rotation = camera.world_from_camera.rotation;
    points.push_back({.position = camera.world_from_camera * unproject_in_camera(camera, center, z),
                      .normal = rotation * normals.at(pixel.x, pixel.y),
                      .color = glm::vec3(full.color.at(source.x, source.y)) / 255.0f,
                      .pixel_m = z / full.camera.focal_px.x});
  }
}

// Cells of a point's own size, a power of two times `unit`.
uint64_t cell_of(const StartPoint& point, float unit_px) {
  const int level = static_cast<int>(std::floor(std::log2(std::max(point.pixel_m * unit_px, 1e-6f))));
  const glm::ivec3 cell = glm::ivec3(glm::floor(point.position / std::exp2(static_cast<float>(level))));
  uint64_t hash = static_cast<uint64_t>(level + 64);
  for (int axis = 0; axis < 3; ++axis) {
    hash = (hash ^ static_cast<uint32_t>(cell[axis])) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return hash;
}

size_t count_cells(const std::vector<StartPoint>& points, float unit_px, std::vector<StartPoint>* kept) {
  std::unordered_set<uint64_t> cells;
  cells.reserve(points.size());
  for (const StartPoint& point : points) {
    if (cells.insert(cell_of(point, unit_px)).second && kept) kept->push_back(point);
  }
  return cells.size();
}

struct PointTree {
  const std::vector<StartPoint>& points;
  size_t kdtree_get_point_count() const { return points.size(); }
  float kdtree_get_pt(size_t index, size_t axis) const { return points[index].position[static_cast<int>(axis)]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, PointTree>, PointTree, 3>;

// Mean distance of the three nearest others; the fallback where there are none.
float spacing_at(const Tree& tree, const std::vector<StartPoint>& points, size_t index, float fallback) {
  constexpr size_t kNeighbours = 4;  // the point itself, too
  uint32_t found_index[kNeighbours];
  float squared[kNeighbours];
  const size_t found = tree.knnSearch(&points[index].position.x, kNeighbours, found_index, squared);
  float sum = 0;
  for (size_t i = 1; i < found; ++i) sum += std::sqrt(squared[i]);
  return found > 1 && sum > 0 ? sum / static_cast<float>(found - 1) : fallback;
}

glm::vec4 rotation_to(glm::vec3 normal) {
  if (normal == glm::vec3(0)) return {0, 0, 0, 1};
  const glm::vec3 z(0, 0, 1);
  const float cosine = glm::dot(z, normal);
  if (cosine < -0.9999f) return {1, 0, 0, 0};
  const glm::vec3 axis = glm::cross(z, normal);
  return glm::normalize(glm::vec4(axis, 1 + cosine));
}

}  // namespace

std::vector<StartPoint> thinned(const std::vector<StartPoint>& points, size_t count) {
  if (points.size() <= count) return points;
  // Cells in pixels: finer than `low` leaves too many points, coarser than `high` too few.
  float low = 1.0f / 64, high = 4096;
  for (int i = 0; i < 20; ++i) {
    const float middle = std::sqrt(low * high);
    (count_cells(points, middle, nullptr) > count ? low : high) = middle;
  }
  std::vector<StartPoint> kept;
  count_cells(points, high, &kept);
  if (kept.size() > count) kept.resize(count);  // around an axis the coarsest cells still part them
  return kept;
}

std::vector<StartPoint> surface_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                       JobContext& job) {
  const Mesh mesh = fuse_surface(capture, options, job);
  if (mesh.triangles.empty()) return {};
  Random random(options.seed, 1);
  const size_t used = std::min(kMostViews, set.views.size());
  const size_t share = (options.count * kCandidates + used - 1) / used;
  std::vector<StartPoint> points;
  job.begin_stage("start", used);
  for (size_t i = 0; i < used; ++i) {
    add_points(set.views[i * set.views.size() / used], mesh, share, random, job.pool(), points);
    job.advance();
  }
  shuffle(points, random);  // so that thinning does not favour the first views
  return thinned(points, options.count);
}

std::vector<StartPoint> volume_points(const TrainingSet& set, const StartOptions& options) {
  // The point nearest to all optical axes: sum of (I - d d^T)(p - o) = 0.
  glm::dmat3 sum(0);
  glm::dvec3 right(0), mean(0);
  const double count = static_cast<double>(set.views.size());
  for (const TrainingView& view : set.views) {
    const glm::dvec3 axis = view.camera.world_from_camera.rotation[2];
    const glm::dvec3 origin = view.camera.world_from_camera.translation;
    const glm::dmat3 across = glm::dmat3(1) - glm::outerProduct(axis, axis);
    sum += across;
    right += across * origin;
    mean += origin / count;
  }
  double spread = 0;
  for (const TrainingView& view : set.views) {
    spread += glm::length(glm::dvec3(view.camera.world_from_camera.translation) - mean) / count;
  }
  glm::dvec3 center = mean;
  double radius = std::max(spread, 1e-3);
  size_t before = 0;
  if (std::abs(glm::determinant(sum)) > 1e-6 * count * count * count) center = glm::inverse(sum) * right;
  for (const TrainingView& view : set.views)
    before += (inverse(view.camera.world_from_camera) * glm::vec3(center)).z > 0;
  const bool inwards = before * 10 > set.views.size() * 9 && glm::length(center - mean) < 4 * std::max(spread, 1e-3);
  Random random(options.seed, 2);
  std::vector<StartPoint> points;
  if (inwards) {
    // Half the cameras' distance: what they look at fills the picture, not the space between.
    double distance = 0;
    for (const TrainingView& view : set.views) {
      distance += glm::length(glm::dvec3(view.camera.world_from_camera.translation) - center) / count;
    }
    radius = 0.5 * distance;
    for (size_t i = 0; i < options.count; ++i) {
      const glm::vec3 offset(random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1));
      points.push_back({.position = glm::vec3(center) + static_cast<float>(radius) * offset});
    }
    return points;
  }
  // Along random pixels' rays, inverse depth uniform between half and fifty times the cameras' spread.
  for (size_t i = 0; i < options.count; ++i) {
    const TrainingView& view = set.views[random.below(static_cast<uint32_t>(set.views.size()))];
    const glm::ivec2 size = view.camera.size_px;
    const glm::ivec2 pixel(random.below(static_cast<uint32_t>(size.x)), random.below(static_cast<uint32_t>(size.y)));
    const double inverse_depth = random.uniform(0.02f, 2.0f) / radius;
    const glm::vec3 p =
        unproject_in_camera(view.camera, glm::vec2(pixel) + 0.5f, static_cast<float>(1 / inverse_depth));
    points.push_back(
        {.position = view.camera.world_from_camera * p, .color = glm::vec3(view.color.at(pixel.x, pixel.y)) / 255.0f});
  }
  return points;
}

std::vector<StartPoint> start_points(const Capture& capture, const TrainingSet& set, const StartOptions& options,
                                     JobContext& job) {
  std::vector<StartPoint> points;
  if (set.has_depth) points = surface_points(capture, set, options, job);
  if (points.empty()) points = sparse_points(capture, set, options, job);
  if (!points.empty()) return points;
  if (!set.white_background) {
    StartOptions sure = options;
    sure.count = options.count - static_cast<size_t>(kVagueShare * static_cast<double>(options.count));
    points = swept_points(set, sure, job);
  }
  StartOptions vague = options;
  vague.count = options.count - points.size();
  const std::vector<StartPoint> rest = volume_points(set, vague);
  points.insert(points.end(), rest.begin(), rest.end());
  return points;
}

SplatCloud splats_at(const std::vector<StartPoint>& points, int sh_degree, ThreadPool& pool) {
  SplatCloud cloud;
  cloud.sh_degree = sh_degree;
  cloud.resize(points.size());
  const PointTree adaptor{points};
  const Tree tree(3, adaptor);
  const auto coefficients = static_cast<size_t>(sh_count(sh_degree));
  pool.parallel_for(points.size(), 1024, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const StartPoint& point = points[i];
      const bool on_surface = point.normal != glm::vec3(0);
      const float spacing = spacing_at(tree, points, i, std::max(point.pixel_m, 1e-3f));
      const float width = (on_surface || point.pixel_m > 0 ? 0.7f : 1.0f) * spacing;
      cloud.positions[i] = point.position;
      cloud.scales[i] = glm::vec3(width, width, on_surface ? kFlatness * width : width);
      cloud.rotations_xyzw[i] = rotation_to(point.normal);
      cloud.opacities[i] = point.pixel_m > 0 ? kStartOpacity : kVagueOpacity;
      cloud.sh[i * coefficients] = (point.color - 0.5f) / kShC0;
    }
  });
  return cloud;
}

}  // namespace diorama
