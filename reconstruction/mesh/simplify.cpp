#include "reconstruction/mesh/simplify.h"

#include "engine/base/error.h"
#include "engine/scene/color.h"
#include "reconstruction/fusion/mesh_cleanup.h"

#include <meshoptimizer.h>

#include <algorithm>
#include <cfloat>

namespace diorama {
namespace {

constexpr float kMinAreaM2 = 1e-12f;  // a square micrometre

using Indices = std::vector<unsigned int>;

Indices indices_of(const std::vector<glm::uvec3>& triangles) {
  Indices indices;
  indices.reserve(triangles.size() * 3);
  for (const glm::uvec3 t : triangles) indices.insert(indices.end(), {t.x, t.y, t.z});
  return indices;
}

std::vector<glm::uvec3> triangles_of(const Indices& indices) {
  std::vector<glm::uvec3> triangles;
  triangles.reserve(indices.size() / 3);
  for (size_t i = 0; i + 2 < indices.size(); i += 3) triangles.emplace_back(indices[i], indices[i + 1], indices[i + 2]);
  return triangles;
}

const float* floats(const std::vector<glm::vec3>& positions) {
  return &positions.front().x;
}

// `error` is relative to the mesh's extent.
Indices collapse(const Mesh& mesh, const Indices& indices, size_t triangles, float error, unsigned int flags) {
  Indices result(indices.size());
  result.resize(meshopt_simplify(result.data(), indices.data(), indices.size(), floats(mesh.positions),
                                 mesh.positions.size(), sizeof(glm::vec3), triangles * 3, error, flags, nullptr));
  return result;
}

// Whether a vertex's colour is that of its neighbours.
std::vector<bool> plain_vertices(const Mesh& mesh, float max_step) {
  std::vector<bool> plain(mesh.positions.size(), true);
  if (mesh.colors_linear.empty() || !(max_step > 0)) return plain;
  std::vector<glm::vec3> srgb(mesh.colors_linear.size());
  for (size_t i = 0; i < srgb.size(); ++i) srgb[i] = srgb_from_linear(glm::vec3(mesh.colors_linear[i]));
  for (const glm::uvec3 t : mesh.triangles) {
    for (int k = 0; k < 3; ++k) {
      const glm::vec3 step = glm::abs(srgb[t[k]] - srgb[t[(k + 1) % 3]]);
      if (std::max({step.x, step.y, step.z}) > max_step) plain[t[k]] = plain[t[(k + 1) % 3]] = false;
    }
  }
  return plain;
}

// Collapses where no colour is lost; the rest of the mesh, and the border between both, stay as they are.
void simplify_by_error(Mesh& mesh, const SimplifyOptions& options) {
  const std::vector<bool> plain = plain_vertices(mesh, options.max_color_step);
  const auto is_plain = [&](glm::uvec3 t) { return plain[t.x] && plain[t.y] && plain[t.z]; };
  const auto middle = std::stable_partition(mesh.triangles.begin(), mesh.triangles.end(), is_plain);
  const bool all = middle == mesh.triangles.end();
  const Indices part = indices_of({mesh.triangles.begin(), middle});
  if (part.empty()) return;
  const float extent = meshopt_simplifyScale(floats(mesh.positions), mesh.positions.size(), sizeof(glm::vec3));
  const unsigned int flags = all ? 0u : static_cast<unsigned int>(meshopt_SimplifyLockBorder);
  std::vector<glm::uvec3> triangles = triangles_of(collapse(mesh, part, 0, options.max_error_m / extent, flags));
  triangles.insert(triangles.end(), middle, mesh.triangles.end());
  mesh.triangles = std::move(triangles);
}

void simplify_to_budget(Mesh& mesh, size_t budget) {
  Indices indices = collapse(mesh, indices_of(mesh.triangles), budget, FLT_MAX, 0);
  // Topology may forbid the rest: then vertices are merged by cells, coarser until it fits.
  for (size_t target = budget; indices.size() / 3 > budget; target = target * 3 / 4) {
    Indices coarse(indices.size());
    coarse.resize(meshopt_simplifySloppy(coarse.data(), indices.data(), indices.size(), floats(mesh.positions),
                                         mesh.positions.size(), sizeof(glm::vec3), target * 3, FLT_MAX, nullptr));
    indices = std::move(coarse);
  }
  mesh.triangles = triangles_of(indices);
}

template <class T>
void permute(std::vector<T>& values, const Indices& new_index, size_t count) {
  if (values.empty()) return;
  std::vector<T> result(count);
  meshopt_remapVertexBuffer(result.data(), values.data(), values.size(), sizeof(T), new_index.data());
  values = std::move(result);
}

void order_for_caches(Mesh& mesh) {
  if (mesh.triangles.empty()) return;
  Indices indices = indices_of(mesh.triangles);
  const size_t vertices = mesh.positions.size();
  meshopt_optimizeVertexCache(indices.data(), indices.data(), indices.size(), vertices);
  Indices new_index(vertices);
  const size_t used = meshopt_optimizeVertexFetchRemap(new_index.data(), indices.data(), indices.size(), vertices);
  meshopt_remapIndexBuffer(indices.data(), indices.data(), indices.size(), new_index.data());
  permute(mesh.positions, new_index, used);
  permute(mesh.normals, new_index, used);
  permute(mesh.colors_linear, new_index, used);
  permute(mesh.uvs, new_index, used);
  mesh.triangles = triangles_of(indices);
}

}  // namespace

void simplify(Mesh& mesh, const SimplifyOptions& options) {
  if (!mesh.triangles.empty() && options.max_error_m > 0) simplify_by_error(mesh, options);
  if (options.max_triangles > 0 && mesh.triangles.size() > options.max_triangles) {
    simplify_to_budget(mesh, options.max_triangles);
  }
  remove_degenerate_triangles(mesh, kMinAreaM2);
  remove_unused_vertices(mesh);
  order_for_caches(mesh);
}

}  // namespace diorama
