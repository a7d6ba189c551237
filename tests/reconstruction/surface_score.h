#pragma once

#include "capture/synth/scene.h"
#include "engine/base/random.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/image.h"
#include "engine/scene/mesh.h"

#include <glm/glm.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace diorama::test {

// Points on a mesh with the normals of their triangles, evenly spread by area, found again by position.
class MeshSamples {
 public:
  MeshSamples(const Mesh& mesh, float spacing_m, float cell_m) : cell_m_(cell_m) {
    Random random(7);
    for (const glm::uvec3 t : mesh.triangles) {
      const glm::vec3 a = mesh.positions[t.x], ab = mesh.positions[t.y] - a, ac = mesh.positions[t.z] - a;
      const glm::vec3 cross = glm::cross(ab, ac);
      const float area = glm::length(cross) / 2;
      if (!(area > 0)) continue;
      const int count = 1 + static_cast<int>(area / (spacing_m * spacing_m) + random.uniform());
      for (int i = 0; i < count; ++i) {
        float u = random.uniform(), v = random.uniform();
        if (u + v > 1) u = 1 - u, v = 1 - v;
        add(a + ab * u + ac * v, cross / (2 * area));
      }
    }
  }

  const std::vector<glm::vec3>& points() const { return points_; }
  const std::vector<glm::vec3>& normals() const { return normals_; }

  // Index of the nearest sample that faces along `normal`, within a cell's size; -1: none.
  long nearest(glm::vec3 p, glm::vec3 normal) const {
    const glm::ivec3 own = cell_of(p);
    long best = -1;
    float best_m = cell_m_;
    for (int n = 0; n < 27; ++n) {
      const auto found = cells_.find(key_of(own + glm::ivec3(n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1)));
      if (found == cells_.end()) continue;
      for (const uint32_t i : found->second) {
        const float distance = glm::distance(points_[i], p);
        if (distance >= best_m || glm::dot(normals_[i], normal) <= 0) continue;
        best = i;
        best_m = distance;
      }
    }
    return best;
  }

 private:
  glm::ivec3 cell_of(glm::vec3 p) const { return glm::ivec3(glm::floor(p / cell_m_)); }
  static uint64_t key_of(glm::ivec3 c) {
    const auto bits = [](int value) { return static_cast<uint64_t>(value + (1 << 20)); };
    return bits(c.x) | bits(c.y) << 21 | bits(c.z) << 42;
  }
  void add(glm::vec3 p, glm::vec3 normal) {
    cells_[key_of(cell_of(p))].push_back(static_cast<uint32_t>(points_.size()));
    points_.push_back(p);
    normals_.push_back(normal);
  }

  float cell_m_;
  std::vector<glm::vec3> points_, normals_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> cells_;
};

struct SurfaceScore {
  double median_m = 0, p95_m = 0;  // from the mesh to the exact surface
  double far_share = 0;            // of the mesh farther than 2 cm from it
  double complete = 0;             // share of what the cameras see that has mesh, facing the same way, within 1 cm
  std::vector<double> complete_of_thing;
};

// Every stride-th pixel of every view is traced for completeness.
inline SurfaceScore score_surface(const Mesh& mesh, const SynthScene& scene, const std::vector<SynthView>& views,
                                  int stride, ThreadPool& pool) {
  const MeshSamples samples(mesh, 0.003f, 0.01f);
  SurfaceScore score;
  const size_t every = std::max<size_t>(1, samples.points().size() / 100000);
  std::vector<float> distances(samples.points().size() / every);
  pool.parallel_for(distances.size(), 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) distances[i] = scene.distance_to_surface(samples.points()[i * every]);
  });
  std::sort(distances.begin(), distances.end());
  if (!distances.empty()) {
    score.median_m = distances[distances.size() / 2];
    score.p95_m = distances[distances.size() * 95 / 100];
    const auto far = distances.end() - std::upper_bound(distances.begin(), distances.end(), 0.02f);
    score.far_share = static_cast<double>(far) / static_cast<double>(distances.size());
  }
  const size_t things = scene.things().size();
  std::vector<std::vector<long>> seen(views.size(), std::vector<long>(things)), found = seen;
  pool.parallel_for(views.size(), 1, [&](size_t begin, size_t end) {
    for (size_t view = begin; view < end; ++view) {
      const Camera& camera = views[view].depth;
      for (int y = stride / 2; y < camera.size_px.y; y += stride) {
        for (int x = stride / 2; x < camera.size_px.x; x += stride) {
          const glm::vec3 ray =
              camera.world_from_camera.rotation * unproject_in_camera(camera, glm::vec2(x, y) + 0.5f, 1);
          const auto hit = scene.trace({camera.world_from_camera.translation, ray});
          if (!hit) continue;
          ++seen[view][hit->thing];
          if (samples.nearest(hit->position, hit->normal) >= 0) ++found[view][hit->thing];
        }
      }
    }
  });
  long all_seen = 0, all_found = 0;
  for (size_t thing = 0; thing < things; ++thing) {
    long s = 0, f = 0;
    for (size_t view = 0; view < views.size(); ++view) s += seen[view][thing], f += found[view][thing];
    score.complete_of_thing.push_back(s > 0 ? static_cast<double>(f) / static_cast<double>(s) : 1);
    all_seen += s;
    all_found += f;
  }
  score.complete = static_cast<double>(all_found) / static_cast<double>(std::max(1l, all_seen));
  return score;
}

// Planar z of the exact scene at the pixels' centres.
inline ImageF32 trace_depth(const SynthScene& scene, const Camera& camera, ThreadPool& pool) {
  ImageF32 depth(camera.size_px);
  pool.parallel_for(static_cast<size_t>(depth.height()), 8, [&](size_t begin, size_t end) {
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (int x = 0; x < depth.width(); ++x) {
        const glm::vec3 ray =
            camera.world_from_camera.rotation * unproject_in_camera(camera, glm::vec2(x, y) + 0.5f, 1);
        const auto hit = scene.trace({camera.world_from_camera.translation, ray});
        depth.at(x, y) = hit ? hit->t : 0;
      }
    }
  });
  return depth;
}

}  // namespace diorama::test
