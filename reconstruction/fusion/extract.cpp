#include "reconstruction/fusion/extract.h"

#include "engine/base/error.h"
#include "engine/scene/color.h"
#include "reconstruction/fusion/cube_table.h"
#include "reconstruction/fusion/mesh_cleanup.h"
#include "reconstruction/fusion/padded_block.h"

#include <glm/gtc/packing.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kBlocksAPiece = 32;

glm::ivec3 unit(int axis) {
  glm::ivec3 step(0);
  step[axis] = 1;
  return step;
}

glm::ivec3 voxel_coord(int voxel) {
  return {voxel % kBlockEdge, voxel / kBlockEdge % kBlockEdge, voxel / (kBlockEdge * kBlockEdge)};
}

// Which of a block's edges (axis, lower voxel) the surface crosses, and the numbers of their vertices.
struct EdgeIndex {
  static constexpr size_t kWords = 3 * kBlockVoxels / 64;
  std::array<uint64_t, kWords> crossed{};
  std::array<uint16_t, kWords> before{};  // crossed edges in the words before
  uint32_t first_vertex = 0, count = 0;

  void number() {
    count = 0;
    for (size_t word = 0; word < kWords; ++word) {
      before[word] = static_cast<uint16_t>(count);
      count += static_cast<uint32_t>(std::popcount(crossed[word]));
    }
  }
  uint32_t vertex(int axis, glm::ivec3 p) const {
    const auto bit = static_cast<size_t>(axis * kBlockVoxels + voxel_index(p.x, p.y, p.z));
    const uint64_t lower = crossed[bit / 64] & ((uint64_t{1} << bit % 64) - 1);
    return first_vertex + before[bit / 64] + static_cast<uint32_t>(std::popcount(lower));
  }
};

// The field's values at both ends of an edge: a surface is between them.
bool crosses(float a, float b) {
  return !std::isnan(a) && !std::isnan(b) && (a < 0) != (b < 0);
}

EdgeIndex find_crossings(const PaddedBlock& padded) {
  EdgeIndex edges;
  for (int axis = 0; axis < 3; ++axis) {
    for (int voxel = 0; voxel < kBlockVoxels; ++voxel) {
      const glm::ivec3 p = voxel_coord(voxel);
      if (!crosses(padded.at(p), padded.at(p + unit(axis)))) continue;
      const auto bit = static_cast<size_t>(axis * kBlockVoxels + voxel);
      edges.crossed[bit / 64] |= uint64_t{1} << bit % 64;
    }
  }
  edges.number();
  return edges;
}

struct ColorSum {
  glm::vec3 color{0.0f};
  float weight = 0;
};

void add_color(const BlockGrid& grid, glm::ivec3 block, glm::ivec3 p, float share, ColorSum& sum) {
  for (int axis = 0; axis < 3; ++axis) {
    if (p[axis] < kBlockEdge) continue;
    p[axis] -= kBlockEdge;
    block[axis] += 1;
  }
  const auto index = grid.find(block);
  if (!index) return;
  const BlockColor& colors = grid.color(*index);
  const auto at = static_cast<size_t>(voxel_index(p.x, p.y, p.z));
  if (colors.weight_f16[at] == 0) return;
  const glm::vec3 srgb = glm::vec3(colors.red[at], colors.green[at], colors.blue[at]) / 65535.0f;
  sum.color += share * linear_from_srgb(srgb);
  sum.weight += share;
}

class Extractor {
 public:
  Extractor(const BlockGrid& grid, const FusionOptions& fusion, const ExtractOptions& options, ThreadPool& pool)
      : grid_(grid), voxel_m_(fusion.voxel_m), min_weight_(options.min_weight), pool_(pool), edges_(grid.size()) {}

  Mesh run() {
    each_block([&](size_t block, const PaddedBlock& padded) { edges_[block] = find_crossings(padded); });
    uint64_t count = 0;
    for (EdgeIndex& edges : edges_) {
      edges.first_vertex = static_cast<uint32_t>(count);
      count += edges.count;
    }
    if (count >= UINT32_MAX) {
      fail(ErrorCode::kUnsupported, "the surface has {} vertices, at most {} can be indexed: use larger voxels", count,
           UINT32_MAX - 1);
    }
    mesh_.positions.resize(count);
    mesh_.normals.resize(count);
    if (grid_.has_color()) mesh_.colors_linear.resize(count);
    pieces_.resize((grid_.size() + kBlocksAPiece - 1) / kBlocksAPiece);
    each_block([&](size_t block, const PaddedBlock& padded) {
      if (edges_[block].count > 0) emit_vertices(block, padded);
      emit_triangles(block, padded);
    });
    size_t total = 0;
    for (const auto& piece : pieces_) total += piece.size();
    mesh_.triangles.reserve(total);
    for (const auto& piece : pieces_) mesh_.triangles.insert(mesh_.triangles.end(), piece.begin(), piece.end());
    return std::move(mesh_);
  }

 private:
  template <class Body>
  void each_block(Body&& body) {
    pool_.parallel_for(grid_.size(), kBlocksAPiece, [&](size_t begin, size_t end) {
      PaddedBlock padded;
      for (size_t block = begin; block < end; ++block) {
        padded.load(grid_, block, min_weight_);
        body(block, padded);
      }
    });
  }

  void emit_vertices(size_t block, const PaddedBlock& padded) {
    const EdgeIndex& edges = edges_[block];
    uint32_t vertex = edges.first_vertex;
    for (size_t word = 0; word < EdgeIndex::kWords; ++word) {
      for (uint64_t bits = edges.crossed[word]; bits != 0; bits &= bits - 1) {
        const int bit = static_cast<int>(word * 64) + std::countr_zero(bits);
        emit_vertex(vertex++, block, padded, bit / kBlockVoxels, voxel_coord(bit % kBlockVoxels));
      }
    }
  }

  void emit_vertex(uint32_t vertex, size_t block, const PaddedBlock& padded, int axis, glm::ivec3 p) {
    const glm::ivec3 q = p + unit(axis);
    const float a = padded.at(p), b = padded.at(q);
    // Kept off the ends by a thousandth of a voxel: vertices of different edges never coincide.
    const float share = std::clamp(a / (a - b), 1e-3f, 1 - 1e-3f);
    const glm::vec3 first(grid_.coord(block) * kBlockEdge + p);
    mesh_.positions[vertex] = (first + 0.5f + glm::vec3(unit(axis)) * share) * voxel_m_;
    const glm::vec3 gradient = glm::mix(padded.gradient(p), padded.gradient(q), share);
    const float length = glm::length(gradient);
    mesh_.normals[vertex] = length > 1e-6f ? gradient / length : glm::vec3(unit(axis)) * (b > a ? 1.0f : -1.0f);
    if (!grid_.has_color()) return;
    ColorSum sum;
    add_color(grid_, grid_.coord(block), p, 1 - share, sum);
    add_color(grid_, grid_.coord(block), q, share, sum);
    mesh_.colors_linear[vertex] = sum.weight > 0 ? glm::vec4(sum.color / sum.weight, 1.0f) : glm::vec4(0.0f);
  }

  void emit_triangles(size_t block, const PaddedBlock& padded) {
    const glm::ivec3 coord = grid_.coord(block);
    std::array<const EdgeIndex*, 8> owners{};
    auto& triangles = pieces_[block / kBlocksAPiece];
    for (int voxel = 0; voxel < kBlockVoxels; ++voxel) {
      const glm::ivec3 p = voxel_coord(voxel);
      int pattern = 0;
      float sum = 0;
      for (int corner = 0; corner < 8; ++corner) {
        const float value = padded.at(p + glm::ivec3(corner & 1, corner >> 1 & 1, corner >> 2));
        sum += value;
        pattern |= static_cast<int>(value < 0) << corner;
      }
      if (pattern == 0 || pattern == 255 || std::isnan(sum)) continue;
      if (owners[0] == nullptr) owners = owners_around(coord);
      const CubeCase& cube = cube_cases()[static_cast<size_t>(pattern)];
      for (int i = 0; i < cube.triangle_count; ++i) {
        glm::uvec3 triangle;
        for (int k = 0; k < 3; ++k) {
          triangle[k] = vertex_of(owners, p, cube.triangles[static_cast<size_t>(i)][static_cast<size_t>(k)]);
        }
        triangles.push_back(triangle);
      }
    }
  }

  // Edges of the block and of its neighbours on the high sides, by corner bits.
  std::array<const EdgeIndex*, 8> owners_around(glm::ivec3 coord) const {
    std::array<const EdgeIndex*, 8> owners{};
    for (int n = 0; n < 8; ++n) {
      const auto neighbour = grid_.find(coord + glm::ivec3(n & 1, n >> 1 & 1, n >> 2));
      owners[static_cast<size_t>(n)] = neighbour ? &edges_[*neighbour] : nullptr;
    }
    return owners;
  }

  static uint32_t vertex_of(const std::array<const EdgeIndex*, 8>& owners, glm::ivec3 p, int edge) {
    const int corner = low_corner_of_edge(edge);
    glm::ivec3 q = p + glm::ivec3(corner & 1, corner >> 1 & 1, corner >> 2);
    size_t owner = 0;
    for (int axis = 0; axis < 3; ++axis) {
      if (q[axis] < kBlockEdge) continue;
      q[axis] -= kBlockEdge;
      owner |= size_t{1} << axis;
    }
    return owners[owner]->vertex(edge / 4, q);
  }

  const BlockGrid& grid_;
  float voxel_m_, min_weight_;
  ThreadPool& pool_;
  std::vector<EdgeIndex> edges_;
  std::vector<std::vector<glm::uvec3>> pieces_;
  Mesh mesh_;
};

}  // namespace

Mesh extract_mesh(const BlockGrid& grid, const FusionOptions& fusion, const ExtractOptions& options, ThreadPool& pool) {
  Mesh mesh = Extractor(grid, fusion, options, pool).run();
  remove_small_components(mesh, static_cast<size_t>(options.min_component));
  remove_unused_vertices(mesh);
  if (grid.has_color()) fill_missing_colors(mesh);
  return mesh;
}

}  // namespace diorama
