#pragma once

#include "assets/asset.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

// Colour and texture coordinates as the vertex stage reads them.
struct MeshAttributes {
  glm::u16vec4 color_linear{0xffff};  // unorm
  glm::vec2 uv{0.0f};
};
using PackedNormal = glm::i16vec4;   // snorm, w unused
using PackedTangent = glm::i16vec4;  // snorm, w: side

// Which optional inputs a part's vertices have.
struct MeshInputs {
  bool normals = true, tangents = false, second_uvs = false;
};

// A run of triangles that lie close together.
struct MeshChunk {
  Bounds bounds;
  uint32_t first_index = 0, index_count = 0;
};

// One part of the asset in the joint buffers.
struct MeshBatch {
  std::optional<size_t> material;  // of the asset
  MeshInputs inputs;
  uint32_t first_chunk = 0, chunk_count = 0;
};

// A part whose triangles are drawn one over another, far to near.
struct BlendedBatch {
  std::optional<size_t> material;
  MeshInputs inputs;
  std::vector<glm::uvec3> triangles;  // in the joint buffers
  std::vector<glm::vec3> middles;     // three times the triangles' centres
  glm::vec3 middle{0.0f};             // of the part's box
};

// All parts of an asset in joint buffers, cut into chunks; triangles and vertices are in an order that caches like.
struct MeshGeometry {
  std::vector<glm::vec3> positions;
  std::vector<MeshAttributes> attributes;
  std::vector<PackedNormal> normals;
  std::vector<PackedTangent> tangents;  // empty where no part has any, as the next
  std::vector<glm::vec2> second_uvs;
  std::vector<uint32_t> indices;  // of `chunks`, in their order
  std::vector<MeshChunk> chunks;
  std::vector<MeshBatch> batches;     // opaque and masked
  std::vector<BlendedBatch> blended;  // what is see-through, in the asset's order
  size_t triangle_count() const;
};

// Triangles a chunk: small enough to be culled with profit, large enough that draws cost little.
inline constexpr size_t kMeshChunkTriangles = 512;

// Error kInvalidInput: what check_mesh refuses, a material out of range, a textured part without texture coordinates;
// kUnsupported: more than 2^32 vertices.
MeshGeometry make_mesh_geometry(const Asset& asset);

// The same of other meshes with the asset's materials.
MeshGeometry make_mesh_geometry(std::span<const MeshPart> meshes, const Asset& asset);

// Writes the batch's indices, far to near along `forward`; equal ones stay in order.
void sort_far_to_near(const BlendedBatch& batch, glm::vec3 forward_in_world, std::span<glm::uvec3> sorted);

}  // namespace diorama
