#include "assets/gltf/primitives.h"

#include "assets/gltf/accessor.h"
#include "assets/gltf/format.h"
#include "assets/gltf/splat_reader.h"
#include "assets/gltf/tangents.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace diorama {
namespace {

// A primitive costs this many elements of the budget whatever its size: names, small arrays.
constexpr uint64_t kPrimitiveCost = 256;
constexpr uint64_t kTargetCost = 64;  // and a morph target
constexpr uint32_t kUnused = std::numeric_limits<uint32_t>::max();

class PrimitiveReader {
 public:
  PrimitiveReader(const GltfDocument& document, const JsonNode& primitive)
      : document_(document), primitive_(primitive), attributes_(primitive.at("attributes")) {}

  bool draws_triangles() const {
    const uint64_t mode = primitive_.whole_number("mode", kGltfTriangles);
    return mode >= kGltfTriangles && attributes_.find("POSITION").has_value();
  }

  bool has(const std::string& key) const { return attributes_.find(key.c_str()).has_value(); }

  // Reads the indices, then nothing but the vertices that they name.
  Mesh read(const std::vector<double>& morph_weights, const GltfVertexUse& use);

  // Moves positions and normals by the joints' weighted mean.
  void skin(Mesh& mesh, const GltfSkin& skin) const;

 private:
  const GltfAccessor& accessor(const JsonNode& owner, const std::string& key) const;
  std::vector<float> gather(const GltfAccessor& accessor, int components) const;
  template <class Vector>
  std::vector<Vector> vectors(const JsonNode& owner, const std::string& key) const;
  std::vector<uint32_t> triangle_corners() const;
  std::vector<glm::uvec3> compacted(const std::vector<uint32_t>& corners);
  std::vector<glm::vec4> colors() const;
  void morph(Mesh& mesh, const std::vector<double>& weights) const;

  const GltfDocument& document_;
  const JsonNode& primitive_;
  JsonNode attributes_;
  std::vector<uint32_t> used_;  // the file's vertices that become ours, increasing
};

const GltfAccessor& PrimitiveReader::accessor(const JsonNode& owner, const std::string& key) const {
  const auto& accessors = document_.accessors();
  const GltfAccessor& found = accessors[owner.at(key.c_str()).index(accessors.size(), "accessors")];
  const GltfAccessor& positions = accessors[attributes_.at("POSITION").index(accessors.size(), "accessors")];
  if (found.count != positions.count) {
    fail(ErrorCode::kInvalidInput, "{}.{} has {} elements for {} vertices", owner.where(), key, found.count,
         positions.count);
  }
  return found;
}

std::vector<float> PrimitiveReader::gather(const GltfAccessor& accessor, int components) const {
  document_.budget().spend(used_.size() * static_cast<size_t>(components));
  return gather_floats(accessor, components, used_);
}

template <class Vector>
std::vector<Vector> PrimitiveReader::vectors(const JsonNode& owner, const std::string& key) const {
  const std::vector<float> values = gather(accessor(owner, key), Vector::length());
  std::vector<Vector> result(used_.size());
  for (size_t i = 0; i < result.size(); ++i) {
    for (int c = 0; c < Vector::length(); ++c) {
      result[i][c] = values[i * static_cast<size_t>(Vector::length()) + static_cast<size_t>(c)];
    }
  }
  return result;
}

// The file's vertex for every corner of every triangle.
std::vector<uint32_t> PrimitiveReader::triangle_corners() const {
  const auto& accessors = document_.accessors();
  const GltfAccessor& positions = accessor(attributes_, "POSITION");
  const std::optional<size_t> indices = primitive_.index("indices", accessors.size(), "accessors");
  const uint64_t count = indices ? accessors[*indices].count : positions.count;
  const uint64_t mode = primitive_.whole_number("mode", kGltfTriangles);
  if (mode > kGltfTriangleFan) {
    fail(ErrorCode::kInvalidInput, "{}.mode is {}, expected 0 to 6", primitive_.where(), mode);
  }
  if (count < 3 || (mode == kGltfTriangles && count % 3 != 0)) {
    fail(ErrorCode::kInvalidInput, "{} has {} indices, which make no whole triangles", primitive_.where(), count);
  }
  document_.budget().spend(mode == kGltfTriangles ? count : 3 * count);
  std::vector<uint32_t> order;
  if (indices) {
    order = read_indices(accessors[*indices]);
  } else {
    order.resize(count);
    std::iota(order.begin(), order.end(), 0u);
  }
  const uint32_t largest = *std::max_element(order.begin(), order.end());
  if (largest >= positions.count) {
    fail(ErrorCode::kInvalidInput, "{} names vertex {}, but there are {}", primitive_.where(), largest,
         positions.count);
  }
  if (mode == kGltfTriangles) return order;
  std::vector<uint32_t> corners;
  corners.reserve(3 * (count - 2));
  for (size_t i = 0; i + 2 < count; ++i) {
    // A strip turns every second triangle round, as the specification orders its vertices.
    const size_t odd = mode == kGltfTriangleStrip ? i % 2 : 0;
    const size_t first = mode == kGltfTriangleStrip ? i : 0;
    for (const size_t corner : {first, i + 1 + odd, i + 2 - odd}) corners.push_back(order[corner]);
  }
  return corners;
}

// Fills used_ and returns triangles of indices into it.
std::vector<glm::uvec3> PrimitiveReader::compacted(const std::vector<uint32_t>& corners) {
  const auto [low, high] = std::minmax_element(corners.begin(), corners.end());
  const uint32_t first = *low;
  document_.budget().spend(*high - first + 1);
  std::vector<uint32_t> compact(*high - first + 1, kUnused);
  for (const uint32_t corner : corners) compact[corner - first] = 0;
  for (uint32_t i = 0; i < compact.size(); ++i) {
    if (compact[i] == kUnused) continue;
    compact[i] = static_cast<uint32_t>(used_.size());
    used_.push_back(first + i);
  }
  std::vector<glm::uvec3> triangles(corners.size() / 3);
  for (size_t i = 0; i < triangles.size(); ++i) {
    for (size_t c = 0; c < 3; ++c) triangles[i][static_cast<int>(c)] = compact[corners[3 * i + c] - first];
  }
  return triangles;
}

std::vector<glm::vec4> PrimitiveReader::colors() const {
  std::vector<glm::vec4> result;
  if (accessor(attributes_, "COLOR_0").components == 3) {
    for (const glm::vec3& c : vectors<glm::vec3>(attributes_, "COLOR_0")) result.emplace_back(c, 1.0f);
  } else {
    result = vectors<glm::vec4>(attributes_, "COLOR_0");
  }
  for (glm::vec4& color : result) color = glm::clamp(color, 0.0f, 1.0f);
  return result;
}

void PrimitiveReader::morph(Mesh& mesh, const std::vector<double>& weights) const {
  if (weights.empty()) return;
  document_.budget().spend(kTargetCost * weights.size());
  const std::vector<JsonNode> targets = primitive_.elements("targets");
  if (weights.size() != targets.size()) {
    fail(ErrorCode::kInvalidInput, "{} has {} morph targets, but {} weights", primitive_.where(), targets.size(),
         weights.size());
  }
  const auto add = [&](std::vector<glm::vec3>& values, const JsonNode& target, const char* key, double weight) {
    if (values.empty() || !target.find(key)) return;
    const std::vector<glm::vec3> offsets = vectors<glm::vec3>(target, key);
    for (size_t i = 0; i < values.size(); ++i) values[i] += static_cast<float>(weight) * offsets[i];
  };
  std::vector<glm::vec3> tangents(mesh.tangents.begin(), mesh.tangents.end());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    add(mesh.positions, targets[i], "POSITION", weights[i]);
    add(mesh.normals, targets[i], "NORMAL", weights[i]);
    add(tangents, targets[i], "TANGENT", weights[i]);
  }
  for (size_t i = 0; i < tangents.size(); ++i) mesh.tangents[i] = glm::vec4(tangents[i], mesh.tangents[i].w);
}

Mesh PrimitiveReader::read(const std::vector<double>& morph_weights, const GltfVertexUse& use) {
  Mesh mesh;
  mesh.triangles = compacted(triangle_corners());
  mesh.positions = vectors<glm::vec3>(attributes_, "POSITION");
  if (has("NORMAL")) mesh.normals = vectors<glm::vec3>(attributes_, "NORMAL");
  if (has("COLOR_0")) mesh.colors_linear = colors();
  for (size_t set = 0; set < use.uv_sets.size(); ++set) {
    const std::string key = fmt::format("TEXCOORD_{}", use.uv_sets[set]);
    if (has(key)) (set == 0 ? mesh.uvs : mesh.second_uvs) = vectors<glm::vec2>(attributes_, key);
  }
  // Without normals TANGENT does not count either.
  if (use.tangents_for && has("NORMAL") && has("TANGENT")) {
    mesh.tangents = vectors<glm::vec4>(attributes_, "TANGENT");
    for (glm::vec4& tangent : mesh.tangents) tangent.w = tangent.w < 0 ? -1.0f : 1.0f;
  }
  morph(mesh, morph_weights);
  return mesh;
}

glm::vec3 normalized_or_zero(glm::dvec3 v) {
  const double length = glm::length(v);
  return length > 0 ? glm::vec3(v / length) : glm::vec3(0.0f);
}

void transform_vertex(Mesh& mesh, size_t i, const glm::dmat4& matrix, const glm::dmat3& normal_matrix) {
  mesh.positions[i] = glm::vec3(matrix * glm::dvec4(glm::dvec3(mesh.positions[i]), 1.0));
  if (!mesh.normals.empty()) mesh.normals[i] = normalized_or_zero(normal_matrix * glm::dvec3(mesh.normals[i]));
  if (mesh.tangents.empty()) return;
  const glm::dmat3 linear(matrix);
  const float side = glm::determinant(linear) < 0 ? -1.0f : 1.0f;
  mesh.tangents[i] = glm::vec4(normalized_or_zero(linear * glm::dvec3(mesh.tangents[i])), side * mesh.tangents[i].w);
}

// Cofactors: the inverse transpose times the determinant, without its division; a mirror keeps normals outside.
glm::dmat3 normal_matrix_of(const glm::dmat4& matrix) {
  const glm::dmat3 m(matrix);
  const glm::dmat3 cofactors(glm::cross(m[1], m[2]), glm::cross(m[2], m[0]), glm::cross(m[0], m[1]));
  return glm::determinant(m) < 0 ? -cofactors : cofactors;
}

void PrimitiveReader::skin(Mesh& mesh, const GltfSkin& skin) const {
  std::vector<glm::dmat4> matrices(mesh.positions.size(), glm::dmat4(0.0));
  std::vector<double> total(mesh.positions.size(), 0.0);
  document_.budget().spend(32 * mesh.positions.size());
  for (int set = 0; has(fmt::format("JOINTS_{}", set)); ++set) {
    const std::vector<glm::vec4> joints = vectors<glm::vec4>(attributes_, fmt::format("JOINTS_{}", set));
    const std::vector<glm::vec4> weights = vectors<glm::vec4>(attributes_, fmt::format("WEIGHTS_{}", set));
    for (size_t i = 0; i < matrices.size(); ++i) {
      for (int c = 0; c < 4; ++c) {
        if (weights[i][c] == 0) continue;
        if (!(joints[i][c] >= 0 && joints[i][c] < static_cast<float>(skin.world_from_bind.size()))) {
          fail(ErrorCode::kInvalidInput, "{} has a vertex at joint {}, but its skin has {} joints", attributes_.where(),
               joints[i][c], skin.world_from_bind.size());
        }
        matrices[i] += static_cast<double>(weights[i][c]) * skin.world_from_bind[static_cast<size_t>(joints[i][c])];
        total[i] += weights[i][c];
      }
    }
  }
  for (size_t i = 0; i < matrices.size(); ++i) {
    // Weights of 8 bits add up to 1 within 1/255; vertices without any follow the first joint.
    matrices[i] = total[i] > 0 ? matrices[i] / total[i] : skin.world_from_bind.front();
    transform_vertex(mesh, i, matrices[i], normal_matrix_of(matrices[i]));
  }
}

void move_to_world(Mesh& mesh, const glm::dmat4& world_from_mesh) {
  if (world_from_mesh == glm::dmat4(1.0)) return;
  const glm::dmat3 normal_matrix = normal_matrix_of(world_from_mesh);
  for (size_t i = 0; i < mesh.positions.size(); ++i) transform_vertex(mesh, i, world_from_mesh, normal_matrix);
  if (glm::determinant(glm::dmat3(world_from_mesh)) >= 0) return;
  for (glm::uvec3& triangle : mesh.triangles) std::swap(triangle.y, triangle.z);
}

template <class T>
void spread(std::vector<T>& values, const std::vector<glm::uvec3>& triangles) {
  if (values.empty()) return;
  std::vector<T> corners;
  corners.reserve(3 * triangles.size());
  for (const glm::uvec3& t : triangles) corners.insert(corners.end(), {values[t.x], values[t.y], values[t.z]});
  values = std::move(corners);
}

// glTF: a mesh without normals is lit flat, so its triangles share no vertices.
void make_flat(Mesh& mesh, GltfBudget& budget) {
  budget.spend(3 * 12 * mesh.triangles.size());
  spread(mesh.positions, mesh.triangles);
  spread(mesh.colors_linear, mesh.triangles);
  spread(mesh.uvs, mesh.triangles);
  spread(mesh.second_uvs, mesh.triangles);
  for (uint32_t i = 0; i < mesh.triangles.size(); ++i) mesh.triangles[i] = {3 * i, 3 * i + 1, 3 * i + 2};
}

// Tangents for a normal texture where the file has none.
void make_tangents(Mesh& mesh, const TextureUv& uv) {
  const std::vector<glm::vec2>& source = uv.set == 0 ? mesh.uvs : mesh.second_uvs;
  if (source.empty()) return;  // refused where the textures are checked
  std::vector<glm::vec2> uvs;
  uvs.reserve(source.size());
  for (const glm::vec2 value : source) uvs.push_back(uv.transform * glm::vec3(value, 1.0f));
  mesh.tangents = vertex_tangents(mesh, uvs);
}

std::vector<double> default_weights(const JsonNode& mesh) {
  std::vector<double> weights;
  for (const JsonNode& weight : mesh.elements("weights")) weights.push_back(weight.number());
  return weights;
}

}  // namespace

void read_instance(const GltfDocument& document, const JsonNode& mesh_json, const GltfInstance& instance,
                   const std::vector<GltfSkin>& skins, const std::vector<GltfVertexUse>& vertex_uses, Asset& asset) {
  const std::vector<double> weights =
      instance.morph_weights.empty() ? default_weights(mesh_json) : instance.morph_weights;
  for (const JsonNode& primitive : mesh_json.elements("primitives")) {
    document.budget().spend(kPrimitiveCost);
    if (is_splat_primitive(primitive)) {
      read_splat_primitive(document, primitive, instance, mesh_json.text("name", instance.name), asset);
      continue;
    }
    PrimitiveReader reader(document, primitive);
    if (!reader.draws_triangles()) {
      asset.notes.push_back(fmt::format("{} is made of points or lines, which are left out", primitive.where()));
      continue;
    }
    MeshPart part;
    part.name = mesh_json.text("name", instance.name);
    part.material = primitive.index("material", vertex_uses.size(), "materials");
    const GltfVertexUse use = part.material ? vertex_uses[*part.material] : GltfVertexUse{{0}, std::nullopt};
    part.mesh = reader.read(weights, use);
    if (instance.skin && reader.has("JOINTS_0")) {
      reader.skin(part.mesh, skins[*instance.skin]);
    } else {
      move_to_world(part.mesh, instance.world_from_mesh);
    }
    if (part.mesh.normals.empty()) {
      const bool unlit = part.material && asset.materials[*part.material].unlit;
      if (!unlit) make_flat(part.mesh, document.budget());
      part.mesh.normals = vertex_normals(part.mesh);
    }
    if (use.tangents_for && part.mesh.tangents.empty()) make_tangents(part.mesh, *use.tangents_for);
    with_context(primitive.where(), [&] { check_mesh(part.mesh); });
    asset.meshes.push_back(std::move(part));
  }
}

}  // namespace diorama
