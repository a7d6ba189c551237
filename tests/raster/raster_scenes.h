#pragma once

#include "engine/base/random.h"
#include "engine/raster/triangles.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace diorama {

inline Camera test_camera(int width, int height, float focal_px) {
  Camera camera;
  camera.size_px = {width, height};
  camera.focal_px = glm::vec2(focal_px);
  camera.center_px = glm::vec2(width, height) * 0.5f;
  return camera;
}

inline RasterResult draw(const Mesh& mesh, const Camera& camera, const RasterMaterial& material = {},
                         const RasterOptions& options = {}, int threads = 2) {
  ThreadPool pool(threads);
  const RasterMesh item{&mesh, material};
  return rasterize(std::span(&item, 1), camera, options, pool);
}

// A mesh whose corners project to given pixels at a given depth.
inline Mesh mesh_on_screen(const Camera& camera, const std::vector<glm::vec2>& px, const std::vector<float>& z_m,
                           const std::vector<glm::uvec3>& triangles) {
  Mesh mesh;
  for (size_t i = 0; i < px.size(); ++i) {
    mesh.positions.push_back(camera.world_from_camera * unproject_in_camera(camera, px[i], z_m[i % z_m.size()]));
  }
  mesh.triangles = triangles;
  return mesh;
}

struct RayHit {
  double z = 0;
  size_t triangle = 0;
  glm::dvec3 barycentric{0.0};
};

// Exact hit of the ray through a pixel position with one triangle, in double; z is planar depth. The camera stands at
// the origin of the world without rotation.
inline std::optional<RayHit> hit_triangle(const Mesh& mesh, size_t triangle, const Camera& camera, glm::dvec2 px,
                                          double near_m) {
  const glm::uvec3 t = mesh.triangles[triangle];
  const glm::dvec3 a(mesh.positions[t.x]), b(mesh.positions[t.y]), c(mesh.positions[t.z]);
  const glm::dvec3 ray((px - glm::dvec2(camera.center_px)) / glm::dvec2(camera.focal_px), 1.0);
  const glm::dvec3 normal = glm::cross(b - a, c - a);
  const double along = glm::dot(normal, ray);
  if (along == 0) return std::nullopt;
  const double z = glm::dot(normal, a) / along;
  if (!(z >= near_m)) return std::nullopt;
  const glm::dvec3 p = z * ray;
  const double scale = glm::dot(normal, normal);
  RayHit hit{z,
             triangle,
             {glm::dot(glm::cross(c - b, p - b), normal) / scale, glm::dot(glm::cross(a - c, p - c), normal) / scale,
              glm::dot(glm::cross(b - a, p - a), normal) / scale}};
  if (hit.barycentric.x < 0 || hit.barycentric.y < 0 || hit.barycentric.z < 0) return std::nullopt;
  return hit;
}

inline std::optional<RayHit> cast_ray(const Mesh& mesh, const Camera& camera, glm::dvec2 px, double near_m) {
  std::optional<RayHit> nearest;
  for (size_t i = 0; i < mesh.triangles.size(); ++i) {
    const std::optional<RayHit> hit = hit_triangle(mesh, i, camera, px, near_m);
    if (hit && (!nearest || hit->z < nearest->z)) nearest = hit;
  }
  return nearest;
}

inline Mesh random_triangles(Random& random, int count, glm::vec3 low, glm::vec3 high, float size) {
  Mesh mesh;
  const auto point = [&](glm::vec3 a, glm::vec3 b) {
    const float x = random.uniform(a.x, b.x), y = random.uniform(a.y, b.y);
    return glm::vec3(x, y, random.uniform(a.z, b.z));
  };
  for (int i = 0; i < count; ++i) {
    const glm::vec3 middle = point(low, high);
    const auto first = static_cast<uint32_t>(mesh.positions.size());
    for (int k = 0; k < 3; ++k) {
      mesh.positions.push_back(middle + point(glm::vec3(-size), glm::vec3(size)));
      mesh.colors_linear.emplace_back(point(glm::vec3(0), glm::vec3(1)), 1.0f);
    }
    mesh.triangles.emplace_back(first, first + 1, first + 2);
  }
  return mesh;
}

inline bool same_bits(const RasterResult& a, const RasterResult& b) {
  const auto equal = [](const auto& x, const auto& y) {
    return std::equal(x.pixels().begin(), x.pixels().end(), y.pixels().begin(), y.pixels().end());
  };
  return equal(a.color, b.color) && equal(a.depth_m, b.depth_m) && equal(a.coverage, b.coverage);
}

}  // namespace diorama
