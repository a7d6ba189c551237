#include "capture/synth/geometry.h"

#include "engine/base/error.h"

#include <glm/gtc/matrix_transform.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kTau = 2.0f * std::numbers::pi_v<float>;
constexpr float kDifference = 1e-3f;  // step of the central differences, in u and v

glm::vec3 surface_normal(const SynthBuilder::Surface& surface, float u, float v) {
  // A little inside, where poles have no direction.
  const float inner_v = std::clamp(v, 2 * kDifference, 1 - 2 * kDifference);
  const glm::vec3 along_u = surface(u + kDifference, inner_v) - surface(u - kDifference, inner_v);
  const glm::vec3 along_v = surface(u, inner_v + kDifference) - surface(u, inner_v - kDifference);
  const glm::vec3 normal = glm::cross(along_u, along_v);
  const float length = glm::length(normal);
  return length > 0 ? normal / length : glm::vec3(0, 1, 0);
}

// Mean length of the grid's lines in both directions.
glm::vec2 grid_size(const std::vector<SynthVertex>& vertices, uint32_t first, int columns, int rows) {
  const auto at = [&](int i, int j) {
    return vertices[first + static_cast<uint32_t>(j) * static_cast<uint32_t>(columns + 1) + static_cast<uint32_t>(i)]
        .position;
  };
  glm::vec2 sum(0.0f);
  for (int j = 0; j <= rows; ++j) {
    for (int i = 0; i < columns; ++i) sum.x += glm::distance(at(i, j), at(i + 1, j));
  }
  for (int i = 0; i <= columns; ++i) {
    for (int j = 0; j < rows; ++j) sum.y += glm::distance(at(i, j), at(i, j + 1));
  }
  return glm::max(sum / glm::vec2(static_cast<float>(rows + 1), static_cast<float>(columns + 1)), 1e-4f);
}

}  // namespace

uint32_t SynthGeometry::add_material(const SynthMaterial& material) {
  materials.push_back(material);
  return static_cast<uint32_t>(materials.size() - 1);
}

uint16_t SynthGeometry::add_thing(const std::string& name) {
  const auto found = std::find(things.begin(), things.end(), name);
  if (found != things.end()) return static_cast<uint16_t>(found - things.begin());
  things.push_back(name);
  return static_cast<uint16_t>(things.size() - 1);
}

glm::vec3 curve_point(const std::vector<glm::vec3>& points, float s) {
  DIO_CHECK(points.size() >= 2);
  const int last = static_cast<int>(points.size()) - 1;
  const float scaled = s * static_cast<float>(last);
  const int segment = std::clamp(static_cast<int>(std::floor(scaled)), 0, last - 1);
  const float t = scaled - static_cast<float>(segment);
  const auto at = [&](int i) {  // mirrored beyond the ends
    if (i < 0) return 2.0f * points[0] - points[1];
    if (i > last) return 2.0f * points[static_cast<size_t>(last)] - points[static_cast<size_t>(last - 1)];
    return points[static_cast<size_t>(i)];
  };
  const glm::vec3 a = at(segment - 1), b = at(segment), c = at(segment + 1), d = at(segment + 2);
  return b + 0.5f * t * (c - a + t * (2.0f * a - 5.0f * b + 4.0f * c - d + t * (3.0f * (b - c) + d - a)));
}

void SynthBuilder::place(glm::vec3 origin, float turn_degrees) {
  frame_ = glm::rotate(glm::translate(glm::mat4(1.0f), origin), glm::radians(turn_degrees), glm::vec3(0, 1, 0));
}

void SynthBuilder::grid(int columns, int rows, const Surface& surface, bool two_sided) {
  DIO_CHECK(columns > 0 && rows > 0);
  SynthGeometry& g = geometry_;
  const auto first = static_cast<uint32_t>(g.vertices.size());
  const glm::mat3 turn(frame_);
  for (int j = 0; j <= rows; ++j) {
    for (int i = 0; i <= columns; ++i) {
      const float u = static_cast<float>(i) / static_cast<float>(columns);
      const float v = static_cast<float>(j) / static_cast<float>(rows);
      g.vertices.push_back({glm::vec3(frame_ * glm::vec4(surface(u, v), 1.0f)),
                            glm::normalize(turn * surface_normal(surface, u, v)), glm::vec3(u, v, 0)});
    }
  }
  const auto patch = static_cast<uint32_t>(g.patches.size());
  const glm::vec2 size = grid_size(g.vertices, first, columns, rows);
  const float number = static_cast<float>(patch % 4096u);
  for (size_t i = first; i < g.vertices.size(); ++i) {
    g.vertices[i].texture = glm::vec3(glm::vec2(g.vertices[i].texture) * size, number);
  }
  g.patches.push_back({material_,
                       thing_,
                       two_sided,
                       light_texel_m_,
                       size,
                       {columns + 1, rows + 1},
                       first,
                       static_cast<uint32_t>(g.vertices.size()) - first});
  const auto stride = static_cast<uint32_t>(columns + 1);
  for (uint32_t j = 0; j < static_cast<uint32_t>(rows); ++j) {
    for (uint32_t i = 0; i < static_cast<uint32_t>(columns); ++i) {
      const uint32_t a = first + j * stride + i, b = a + 1, c = a + stride, d = c + 1;
      for (const glm::uvec3 corners : {glm::uvec3(a, b, d), glm::uvec3(a, d, c)}) {
        const glm::vec3 p = g.vertices[corners.x].position;
        const glm::vec3 area = glm::cross(g.vertices[corners.y].position - p, g.vertices[corners.z].position - p);
        if (glm::length(area) > 1e-12f) g.triangles.push_back({corners, patch});  // poles leave slivers of none
      }
    }
  }
}

void SynthBuilder::quad(glm::vec3 corner, glm::vec3 edge_u, glm::vec3 edge_v, bool two_sided) {
  grid(
      1, 1, [&](float u, float v) { return corner + u * edge_u + v * edge_v; }, two_sided);
}

void SynthBuilder::box(glm::vec3 min, glm::vec3 max) {
  const glm::vec3 size = max - min;
  const glm::vec3 x(size.x, 0, 0), y(0, size.y, 0), z(0, 0, size.z);
  quad(min + z, x, y);   // front (+z)
  quad(min + x, -x, y);  // back
  quad(max - y, -z, y);  // right (+x)
  quad(min, z, y);       // left
  quad(max - x, x, -z);  // top: u along x, v towards +z turned round
  quad(min, x, z);       // bottom
}

void SynthBuilder::rounded_box(glm::vec3 min, glm::vec3 max, float radius, float bulge) {
  const glm::vec3 center = 0.5f * (min + max), half = 0.5f * (max - min), inner = half - radius;
  // Two cells for each rounded rim, and one between them, or four where it bulges.
  const int cells = bulge > 0 ? 8 : 5;
  const float share = 2.0f / static_cast<float>(cells);
  const auto spread = [&](float s, float extent) {
    const float rim = radius / (2 * extent);
    if (s < share) return -extent + 2 * extent * rim * (s / share);
    if (s > 1 - share) return extent - 2 * extent * rim * ((1 - s) / share);
    return 2 * (extent - 2 * extent * rim) * ((s - 0.5f) / (1 - 2 * share));
  };
  for (int axis = 0; axis < 3; ++axis) {
    for (const float side : {1.0f, -1.0f}) {
      const int a = (axis + 1) % 3, b = (axis + 2) % 3;
      grid(cells, cells, [&](float u, float v) {
        glm::vec3 on_cube(0.0f);
        on_cube[axis] = side * half[axis];
        on_cube[a] = spread(side > 0 ? u : 1 - u, half[a]);
        on_cube[b] = spread(v, half[b]);
        const glm::vec3 core = glm::clamp(on_cube, -inner, inner);
        const glm::vec3 ball = core + radius * glm::normalize(on_cube - core);
        const glm::vec3 s = on_cube / half;
        // Cushions: the middle of each face stands out.
        const float hill = bulge * (1 - s[a] * s[a]) * (1 - s[b] * s[b]);
        return center + ball + glm::vec3(axis == 0, axis == 1, axis == 2) * side * hill;
      });
    }
  }
}

void SynthBuilder::sphere(glm::vec3 center, float radius) {
  grid(32, 18, [&](float u, float v) {
    const float up = 0.5f * kTau * v, ring = std::sin(up);
    return center + radius * glm::vec3(ring * std::cos(kTau * u), -std::cos(up), -ring * std::sin(kTau * u));
  });
}

void SynthBuilder::lathe(glm::vec3 center, const std::vector<glm::vec2>& profile, int sides) {
  for (size_t k = 0; k + 1 < profile.size(); ++k) {
    const glm::vec2 from = profile[k], to = profile[k + 1];
    grid(sides, 1, [&](float u, float v) {
      const glm::vec2 p = glm::mix(from, to, v);
      return center + glm::vec3(p.x * std::cos(kTau * u), p.y, -p.x * std::sin(kTau * u));
    });
  }
}

void SynthBuilder::smooth_lathe(glm::vec3 center, const std::vector<glm::vec2>& profile, int sides, int rows) {
  std::vector<glm::vec3> points;
  for (const glm::vec2 p : profile) points.emplace_back(p, 0.0f);
  grid(sides, rows, [&](float u, float v) {
    const glm::vec3 p = curve_point(points, v);
    return center + glm::vec3(p.x * std::cos(kTau * u), p.y, -p.x * std::sin(kTau * u));
  });
}

void SynthBuilder::bar(glm::vec3 from, glm::vec3 to, float radius_from, float radius_to, int sides) {
  const glm::vec3 along = to - from, axis = glm::normalize(along);
  const glm::vec3 side =
      glm::normalize(glm::cross(axis, std::abs(axis.y) < 0.9f ? glm::vec3(0, 1, 0) : glm::vec3(1, 0, 0)));
  const glm::vec3 other = glm::cross(axis, side);
  const std::array<glm::vec3, 4> profile{glm::vec3(0, 0, 0), {radius_from, 0, 0}, {radius_to, 1, 0}, {0, 1, 0}};
  for (size_t k = 0; k + 1 < profile.size(); ++k) {
    grid(sides, 1, [&](float u, float v) {
      const glm::vec3 p = glm::mix(profile[k], profile[k + 1], v);
      return from + along * p.y + p.x * (std::cos(kTau * u) * side + std::sin(kTau * u) * other);
    });
  }
}

void SynthBuilder::tube(const std::vector<glm::vec3>& points, float radius, int columns, int sides) {
  grid(columns, sides, [&](float u, float v) {
    const glm::vec3 center = curve_point(points, u);
    const glm::vec3 axis = glm::normalize(curve_point(points, u + 1e-3f) - curve_point(points, u - 1e-3f));
    // The curves used here never run along this direction, so the frame cannot flip.
    const glm::vec3 side = glm::normalize(glm::cross(axis, glm::vec3(0.31f, 0.22f, 0.925f)));
    return center + radius * (std::cos(kTau * v) * side + std::sin(kTau * v) * glm::cross(side, axis));
  });
}

}  // namespace diorama
