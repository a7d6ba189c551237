#include "reconstruction/fusion/mesh_cleanup.h"

#include <limits>
#include <numeric>

namespace diorama {
namespace {

// Union-find; the smaller index becomes the root, so the result does not depend on the order of calls.
class Components {
 public:
  explicit Components(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0u); }

  uint32_t root(uint32_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }
  void join(uint32_t a, uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

template <class T>
void keep(std::vector<T>& values, const std::vector<uint32_t>& new_index) {
  if (values.empty()) return;
  size_t count = 0;
  for (size_t i = 0; i < new_index.size(); ++i) {
    if (new_index[i] != std::numeric_limits<uint32_t>::max()) values[count++] = values[i];
  }
  values.resize(count);
}

}  // namespace

void remove_small_components(Mesh& mesh, size_t min_triangles) {
  if (min_triangles <= 1) return;
  Components components(mesh.positions.size());
  for (const glm::uvec3 t : mesh.triangles) {
    components.join(t.x, t.y);
    components.join(t.x, t.z);
  }
  std::vector<uint32_t> triangles(mesh.positions.size(), 0);
  for (const glm::uvec3 t : mesh.triangles) ++triangles[components.root(t.x)];
  std::erase_if(mesh.triangles, [&](glm::uvec3 t) { return triangles[components.root(t.x)] < min_triangles; });
}

void remove_degenerate_triangles(Mesh& mesh, float min_area_m2) {
  std::erase_if(mesh.triangles, [&](glm::uvec3 t) {
    if (t.x == t.y || t.y == t.z || t.x == t.z) return true;
    const glm::dvec3 a(mesh.positions[t.x]), b(mesh.positions[t.y]), c(mesh.positions[t.z]);
    return !(glm::length(glm::cross(b - a, c - a)) / 2 >= static_cast<double>(min_area_m2));
  });
}

void remove_unused_vertices(Mesh& mesh) {
  constexpr uint32_t kUnused = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> new_index(mesh.positions.size(), kUnused);
  for (const glm::uvec3 t : mesh.triangles) new_index[t.x] = new_index[t.y] = new_index[t.z] = 0;
  uint32_t count = 0;
  for (uint32_t& index : new_index) {
    if (index != kUnused) index = count++;
  }
  keep(mesh.positions, new_index);
  keep(mesh.normals, new_index);
  keep(mesh.colors_linear, new_index);
  keep(mesh.uvs, new_index);
  for (glm::uvec3& t : mesh.triangles) t = {new_index[t.x], new_index[t.y], new_index[t.z]};
}

void fill_missing_colors(Mesh& mesh) {
  std::vector<glm::vec4>& colors = mesh.colors_linear;
  const auto sum_of = [&](glm::uvec3 t) { return colors[t.x] + colors[t.y] + colors[t.z]; };
  std::vector<glm::uvec3> open;  // triangles with a vertex that has no colour yet
  for (const glm::uvec3 t : mesh.triangles) {
    if (sum_of(t).w < 3) open.push_back(t);
  }
  std::vector<glm::vec4> sums(open.empty() ? 0 : colors.size());
  for (bool grown = true; grown;) {
    grown = false;
    for (const glm::uvec3 t : open) {
      for (int k = 0; k < 3; ++k) sums[t[k]] = glm::vec4(0.0f);
    }
    for (const glm::uvec3 t : open) {
      const glm::vec4 sum = sum_of(t);
      for (int k = 0; k < 3; ++k) sums[t[k]] += sum;
    }
    for (const glm::uvec3 t : open) {
      for (int k = 0; k < 3; ++k) {
        if (colors[t[k]].w > 0 || !(sums[t[k]].w > 0)) continue;
        colors[t[k]] = sums[t[k]] / sums[t[k]].w;
        grown = true;
      }
    }
    std::erase_if(open, [&](glm::uvec3 t) { return sum_of(t).w >= 3; });
  }
  constexpr float kMiddleGrey = 0.2140f;  // sRGB 0.5
  for (glm::vec4& color : colors) {
    if (color.w == 0) color = glm::vec4(glm::vec3(kMiddleGrey), 1.0f);
    color.w = 1.0f;
  }
}

}  // namespace diorama
