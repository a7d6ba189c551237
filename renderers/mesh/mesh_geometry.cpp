#include "renderers/mesh/mesh_geometry.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace diorama {
namespace {

uint16_t unorm16(float value) {
  return static_cast<uint16_t>(value > 0 ? std::min(value, 1.0f) * 65535.0f + 0.5f : 0);
}

int16_t snorm16(float value) {
  return static_cast<int16_t>(std::lround((value > -1 ? std::min(value, 1.0f) : -1.0f) * 32767.0f));
}

// Halves triangles at the median of their middles along the longest side, down to runs of one chunk.
void split_by_median(std::span<uint32_t> order, std::span<const glm::vec3> middles) {
  if (order.size() <= kMeshChunkTriangles) return;
  Bounds bounds;
  for (const uint32_t triangle : order) bounds.extend(middles[triangle]);
  const glm::vec3 extent = bounds.max - bounds.min;
  const int axis = extent.x >= extent.y && extent.x >= extent.z ? 0 : extent.y >= extent.z ? 1 : 2;
  const size_t chunks = (order.size() + kMeshChunkTriangles - 1) / kMeshChunkTriangles;
  const size_t half = chunks / 2 * kMeshChunkTriangles;
  std::nth_element(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(half), order.end(),
      [&](uint32_t a, uint32_t b) { return std::pair(middles[a][axis], a) < std::pair(middles[b][axis], b); });
  split_by_median(order.first(half), middles);
  split_by_median(order.subspan(half), middles);
}

// The mesh's triangles in an order whose runs of one chunk lie close together; within a run in the mesh's own order,
// which suits the vertex cache.
std::vector<uint32_t> spatial_order(const Mesh& mesh) {
  std::vector<uint32_t> order(mesh.triangles.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<glm::vec3> middles;
  for (const glm::uvec3 t : mesh.triangles) {
    middles.push_back((mesh.positions[t.x] + mesh.positions[t.y] + mesh.positions[t.z]) / 3.0f);
  }
  split_by_median(order, middles);
  for (size_t begin = 0; begin < order.size(); begin += kMeshChunkTriangles) {
    const size_t end = std::min(begin + kMeshChunkTriangles, order.size());
    std::sort(order.begin() + static_cast<std::ptrdiff_t>(begin), order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return order;
}

void add_vertices(const Mesh& mesh, MeshGeometry& geometry) {
  const size_t count = mesh.positions.size();
  geometry.positions.insert(geometry.positions.end(), mesh.positions.begin(), mesh.positions.end());
  for (size_t i = 0; i < count; ++i) {
    MeshAttributes attributes;
    if (!mesh.colors_linear.empty()) {
      const glm::vec4 c = mesh.colors_linear[i];
      attributes.color_linear = {unorm16(c.x), unorm16(c.y), unorm16(c.z), unorm16(c.w)};
    }
    if (!mesh.uvs.empty()) attributes.uv = mesh.uvs[i];
    geometry.attributes.push_back(attributes);
    const glm::vec3 n = mesh.normals.empty() ? glm::vec3(0.0f) : mesh.normals[i];
    geometry.normals.emplace_back(snorm16(n.x), snorm16(n.y), snorm16(n.z), int16_t{0});
  }
}

MeshChunk make_chunk(const Mesh& mesh, std::span<const uint32_t> order, uint32_t first_vertex, MeshGeometry& geometry) {
  Bounds bounds;
  const auto first_index = static_cast<uint32_t>(geometry.indices.size());
  for (const uint32_t triangle : order) {
    for (int corner = 0; corner < 3; ++corner) {
      const uint32_t vertex = mesh.triangles[triangle][corner];
      bounds.extend(mesh.positions[vertex]);
      geometry.indices.push_back(first_vertex + vertex);
    }
  }
  return {bounds.min, first_index, bounds.max, static_cast<uint32_t>(3 * order.size())};
}

void add_chunks(const MeshPart& part, uint32_t first_vertex, MeshGeometry& geometry) {
  MeshBatch batch{part.material, part.mesh.normals.empty(), static_cast<uint32_t>(geometry.chunks.size()), 0};
  const std::vector<uint32_t> order = spatial_order(part.mesh);
  for (size_t begin = 0; begin < order.size(); begin += kMeshChunkTriangles) {
    const size_t count = std::min(kMeshChunkTriangles, order.size() - begin);
    geometry.chunks.push_back(make_chunk(part.mesh, std::span(order).subspan(begin, count), first_vertex, geometry));
    ++batch.chunk_count;
  }
  geometry.batches.push_back(batch);
}

void add_blended(const MeshPart& part, uint32_t first_vertex, MeshGeometry& geometry) {
  BlendedBatch batch{part.material, part.mesh.normals.empty(), {}, {}};
  for (const glm::uvec3 t : part.mesh.triangles) {
    batch.triangles.push_back(t + first_vertex);
    batch.middles.push_back(part.mesh.positions[t.x] + part.mesh.positions[t.y] + part.mesh.positions[t.z]);
  }
  geometry.blended.push_back(std::move(batch));
}

void check_part(const Asset& asset, const MeshPart& part) {
  with_context(fmt::format("mesh '{}'", part.name), [&] {
    check_mesh(part.mesh);
    if (!part.material) return;
    if (*part.material >= asset.materials.size()) {
      fail(ErrorCode::kInvalidInput, "has material {} of {}", *part.material, asset.materials.size());
    }
    const Material& material = asset.materials[*part.material];
    for (const auto& texture : {material.base_color_texture, material.metallic_roughness_texture,
                                material.normal_texture, material.occlusion_texture, material.emissive_texture}) {
      if (!texture) continue;
      if (*texture >= asset.textures.size()) {
        fail(ErrorCode::kInvalidInput, "its material has texture {} of {}", *texture, asset.textures.size());
      }
      if (part.mesh.uvs.empty() && !part.mesh.positions.empty()) {
        fail(ErrorCode::kInvalidInput, "the mesh has a texture but no texture coordinates");
      }
    }
  });
}

}  // namespace

size_t MeshGeometry::triangle_count() const {
  size_t count = indices.size() / 3;
  for (const BlendedBatch& batch : blended) count += batch.triangles.size();
  return count;
}

MeshGeometry make_mesh_geometry(const Asset& asset) {
  MeshGeometry geometry;
  for (const MeshPart& part : asset.meshes) {
    check_part(asset, part);
    if (part.mesh.triangles.empty()) continue;
    constexpr size_t kMost = std::numeric_limits<uint32_t>::max();
    if (geometry.positions.size() + part.mesh.positions.size() > kMost ||
        geometry.indices.size() + 3 * part.mesh.triangles.size() > kMost) {
      fail(ErrorCode::kUnsupported, "the asset has more than {} vertices or corners; draw a simplified one", kMost);
    }
    const auto first_vertex = static_cast<uint32_t>(geometry.positions.size());
    add_vertices(part.mesh, geometry);
    const bool blend = part.material && asset.materials[*part.material].alpha_mode == AlphaMode::kBlend;
    if (blend) {
      add_blended(part, first_vertex, geometry);
    } else {
      add_chunks(part, first_vertex, geometry);
    }
  }
  return geometry;
}

void sort_far_to_near(const BlendedBatch& batch, glm::vec3 forward_in_world, std::span<glm::uvec3> sorted) {
  DIO_CHECK(sorted.size() == batch.triangles.size());
  std::vector<std::pair<float, uint32_t>> order(sorted.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = {glm::dot(forward_in_world, batch.middles[i]), i};
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < order.size(); ++i) sorted[i] = batch.triangles[order[i].second];
}

}  // namespace diorama
