#include "renderers/mesh/mesh_geometry.h"

#include "engine/base/error.h"

#include <meshoptimizer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace diorama {
namespace {

constexpr uint32_t kUnused = std::numeric_limits<uint32_t>::max();  // as meshoptimizer marks it

constexpr unsigned kVertexCache = 24;  // entries

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

// The mesh's triangles in an order whose runs of one chunk lie close together.
std::vector<uint32_t> spatial_order(const Mesh& mesh) {
  std::vector<uint32_t> order(mesh.triangles.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<glm::vec3> middles;
  for (const glm::uvec3 t : mesh.triangles) {
    middles.push_back((mesh.positions[t.x] + mesh.positions[t.y] + mesh.positions[t.z]) / 3.0f);
  }
  split_by_median(order, middles);
  return order;
}

MeshInputs inputs_of(const Mesh& mesh) {
  return {!mesh.normals.empty(), !mesh.tangents.empty(), !mesh.second_uvs.empty()};
}

// What not every mesh has.
void add_optional(const Mesh& mesh, std::span<const uint32_t> place, size_t first, MeshGeometry& geometry) {
  const size_t end = first + mesh.positions.size();
  if (!mesh.tangents.empty()) geometry.tangents.resize(end, PackedTangent(0));
  if (!mesh.second_uvs.empty()) geometry.second_uvs.resize(end, glm::vec2(0.0f));
  for (size_t i = 0; i < mesh.tangents.size(); ++i) {
    const glm::vec4 t = mesh.tangents[i];
    geometry.tangents[first + place[i]] = {snorm16(t.x), snorm16(t.y), snorm16(t.z), snorm16(t.w)};
  }
  for (size_t i = 0; i < mesh.second_uvs.size(); ++i) geometry.second_uvs[first + place[i]] = mesh.second_uvs[i];
}

// The mesh's vertices at the end of the joint buffers, vertex i at place[i] among them.
void add_vertices(const Mesh& mesh, std::span<const uint32_t> place, MeshGeometry& geometry) {
  const size_t first = geometry.positions.size(), count = mesh.positions.size();
  geometry.positions.resize(first + count);
  geometry.attributes.resize(first + count);
  geometry.normals.resize(first + count, PackedNormal(0));
  for (size_t i = 0; i < count; ++i) {
    const size_t target = first + place[i];
    geometry.positions[target] = mesh.positions[i];
    MeshAttributes& attributes = geometry.attributes[target];
    if (!mesh.colors_linear.empty()) {
      const glm::vec4 c = mesh.colors_linear[i];
      attributes.color_linear = {unorm16(c.x), unorm16(c.y), unorm16(c.z), unorm16(c.w)};
    }
    if (!mesh.uvs.empty()) attributes.uv = mesh.uvs[i];
    if (mesh.normals.empty()) continue;
    const glm::vec3 n = mesh.normals[i];
    geometry.normals[target] = {snorm16(n.x), snorm16(n.y), snorm16(n.z), int16_t{0}};
  }
  add_optional(mesh, place, first, geometry);
}

// Appends the corners of a chunk's triangles, in an order that uses a corner again soon after its first use.
MeshChunk make_chunk(const Mesh& mesh, std::span<const uint32_t> order, size_t first_index,
                     std::vector<uint32_t>& corners) {
  MeshChunk chunk;
  chunk.first_index = static_cast<uint32_t>(first_index + corners.size());
  chunk.index_count = static_cast<uint32_t>(3 * order.size());
  std::vector<uint32_t> local, vertices;  // indices into `vertices`, so that the work is that of the chunk alone
  for (const uint32_t triangle : order) {
    for (int corner = 0; corner < 3; ++corner) vertices.push_back(mesh.triangles[triangle][corner]);
  }
  local = vertices;
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  for (uint32_t& index : local) {
    index = static_cast<uint32_t>(std::lower_bound(vertices.begin(), vertices.end(), index) - vertices.begin());
  }
  meshopt_optimizeVertexCacheFifo(local.data(), local.data(), local.size(), vertices.size(), kVertexCache);
  for (const uint32_t index : local) corners.push_back(vertices[index]);
  for (const uint32_t vertex : vertices) chunk.bounds.extend(mesh.positions[vertex]);
  return chunk;
}

void add_chunks(const MeshPart& part, MeshGeometry& geometry) {
  MeshBatch batch{part.material, inputs_of(part.mesh), static_cast<uint32_t>(geometry.chunks.size()), 0};
  const std::vector<uint32_t> order = spatial_order(part.mesh);
  std::vector<uint32_t> corners;
  corners.reserve(3 * order.size());
  for (size_t begin = 0; begin < order.size(); begin += kMeshChunkTriangles) {
    const size_t count = std::min(kMeshChunkTriangles, order.size() - begin);
    geometry.chunks.push_back(
        make_chunk(part.mesh, std::span(order).subspan(begin, count), geometry.indices.size(), corners));
    ++batch.chunk_count;
  }
  geometry.batches.push_back(batch);

  // Vertices in the order of their first use; those without any stay behind.
  const size_t vertex_count = part.mesh.positions.size();
  std::vector<uint32_t> place(vertex_count);
  auto next = static_cast<uint32_t>(
      meshopt_optimizeVertexFetchRemap(place.data(), corners.data(), corners.size(), vertex_count));
  for (uint32_t& target : place) {
    if (target == kUnused) target = next++;
  }
  const auto first_vertex = static_cast<uint32_t>(geometry.positions.size());
  for (const uint32_t corner : corners) geometry.indices.push_back(first_vertex + place[corner]);
  add_vertices(part.mesh, place, geometry);
}

void add_blended(const MeshPart& part, MeshGeometry& geometry) {
  const auto first_vertex = static_cast<uint32_t>(geometry.positions.size());
  std::vector<uint32_t> place(part.mesh.positions.size());
  std::iota(place.begin(), place.end(), 0u);
  add_vertices(part.mesh, place, geometry);
  const Bounds bounds = bounds_of(part.mesh);
  BlendedBatch batch{part.material, inputs_of(part.mesh), {}, {}, 0.5f * (bounds.min + bounds.max)};
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
    for (size_t slot = 0; slot < kTextureSlots; ++slot) {
      const std::optional<size_t> texture = material.texture(static_cast<TextureSlot>(slot));
      if (!texture) continue;
      if (*texture >= asset.textures.size()) {
        fail(ErrorCode::kInvalidInput, "its material has texture {} of {}", *texture, asset.textures.size());
      }
      const bool second = material.uv[slot].set != 0;
      if ((second ? part.mesh.second_uvs : part.mesh.uvs).empty() && !part.mesh.positions.empty()) {
        fail(ErrorCode::kInvalidInput, "the mesh has a texture but no {}texture coordinates", second ? "second " : "");
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
  return make_mesh_geometry(asset.meshes, asset);
}

MeshGeometry make_mesh_geometry(std::span<const MeshPart> meshes, const Asset& asset) {
  MeshGeometry geometry;
  for (const MeshPart& part : meshes) {
    check_part(asset, part);
    if (part.mesh.triangles.empty()) continue;
    constexpr size_t kMost = std::numeric_limits<uint32_t>::max();
    if (geometry.positions.size() + part.mesh.positions.size() > kMost ||
        geometry.indices.size() + 3 * part.mesh.triangles.size() > kMost) {
      fail(ErrorCode::kUnsupported, "the asset has more than {} vertices or corners; draw a simplified one", kMost);
    }
    if (part.material && asset.materials[*part.material].is_see_through()) {
      add_blended(part, geometry);
    } else {
      add_chunks(part, geometry);
    }
  }
  if (!geometry.tangents.empty()) geometry.tangents.resize(geometry.positions.size(), PackedTangent(0));
  if (!geometry.second_uvs.empty()) geometry.second_uvs.resize(geometry.positions.size(), glm::vec2(0.0f));
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
