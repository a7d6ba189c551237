#include "capture/synth/level_set.h"

#include <cmath>

namespace diorama {
namespace {

struct Lattice {
  glm::vec3 min{0.0f};
  float cell_m = 0;
  glm::ivec3 points{0};
  std::vector<float> value;

  size_t index(glm::ivec3 p) const {
    return (static_cast<size_t>(p.z) * static_cast<size_t>(points.y) + static_cast<size_t>(p.y)) *
               static_cast<size_t>(points.x) +
           static_cast<size_t>(p.x);
  }
  float at(glm::ivec3 p) const { return value[index(p)]; }
  glm::vec3 position(glm::ivec3 p) const { return min + cell_m * glm::vec3(p); }
};

template <class Body>
void for_each(glm::ivec3 from, glm::ivec3 to, const Body& body) {
  for (int z = from.z; z < to.z; ++z) {
    for (int y = from.y; y < to.y; ++y) {
      for (int x = from.x; x < to.x; ++x) body(glm::ivec3(x, y, z));
    }
  }
}

glm::ivec3 unit(int axis) {
  return {axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0};
}

// Mean of the crossings on the cube's edges; false: the surface does not pass.
bool crossing_point(const Lattice& lattice, glm::ivec3 cube, glm::vec3& point) {
  glm::vec3 sum(0.0f);
  int count = 0;
  for (int axis = 0; axis < 3; ++axis) {
    for (int corner = 0; corner < 4; ++corner) {
      const glm::ivec3 from = cube + (corner & 1) * unit((axis + 1) % 3) + (corner >> 1) * unit((axis + 2) % 3);
      const glm::ivec3 to = from + unit(axis);
      const float a = lattice.at(from), b = lattice.at(to);
      if ((a < 0) == (b < 0)) continue;
      sum += glm::mix(lattice.position(from), lattice.position(to), a / (a - b));
      ++count;
    }
  }
  if (count > 0) point = sum / static_cast<float>(count);
  return count > 0;
}

}  // namespace

void mesh_level_set(const std::function<float(glm::vec3)>& distance, glm::vec3 min, glm::vec3 max, float cell_m,
                    std::vector<glm::vec3>& positions, std::vector<glm::uvec3>& triangles) {
  Lattice lattice{min, cell_m, glm::ivec3(glm::ceil((max - min) / cell_m)) + 1, {}};
  lattice.value.reserve(lattice.index(lattice.points - 1) + 1);
  for_each(glm::ivec3(0), lattice.points,
           [&](glm::ivec3 p) { lattice.value.push_back(distance(lattice.position(p))); });

  std::vector<uint32_t> vertex_of(lattice.value.size(), UINT32_MAX);
  for_each(glm::ivec3(0), lattice.points - 1, [&](glm::ivec3 cube) {
    glm::vec3 point;
    if (!crossing_point(lattice, cube, point)) return;
    vertex_of[lattice.index(cube)] = static_cast<uint32_t>(positions.size());
    positions.push_back(point);
  });
  // A quad around every edge that the surface cuts, from the four cubes that share it.
  for_each(glm::ivec3(1), lattice.points - 1, [&](glm::ivec3 p) {
    for (int axis = 0; axis < 3; ++axis) {
      const float from = lattice.at(p), to = lattice.at(p + unit(axis));
      if ((from < 0) == (to < 0)) continue;
      const glm::ivec3 a = unit((axis + 1) % 3), b = unit((axis + 2) % 3);
      const uint32_t v[4] = {vertex_of[lattice.index(p - a - b)], vertex_of[lattice.index(p - b)],
                             vertex_of[lattice.index(p)], vertex_of[lattice.index(p - a)]};
      if (from < 0) {
        triangles.insert(triangles.end(), {{v[0], v[1], v[2]}, {v[0], v[2], v[3]}});
      } else {
        triangles.insert(triangles.end(), {{v[0], v[2], v[1]}, {v[0], v[3], v[2]}});
      }
    }
  });
}

}  // namespace diorama
