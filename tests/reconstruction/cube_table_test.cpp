#include "reconstruction/fusion/cube_table.h"

#include <glm/glm.hpp>
#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace diorama {
namespace {

glm::vec3 corner_at(int corner) {
  return {corner & 1, corner >> 1 & 1, corner >> 2};
}

glm::vec3 middle_of(int edge) {
  return (corner_at(low_corner_of_edge(edge)) + corner_at(high_corner_of_edge(edge))) * 0.5f;
}

bool inside(int pattern, int corner) {
  return (pattern >> corner & 1) != 0;
}

// Directed triangle sides that no other triangle of the cell takes back: the border of the cell's surface.
std::map<std::pair<int, int>, int> open_sides(int pattern) {
  const CubeCase& cube = cube_cases()[static_cast<size_t>(pattern)];
  std::map<std::pair<int, int>, int> balance;
  for (int t = 0; t < cube.triangle_count; ++t) {
    const auto& triangle = cube.triangles[static_cast<size_t>(t)];
    for (size_t k = 0; k < 3; ++k) {
      ++balance[{triangle[k], triangle[(k + 1) % 3]}];
      --balance[{triangle[(k + 1) % 3], triangle[k]}];
    }
  }
  std::erase_if(balance, [](const auto& side) { return side.second <= 0; });
  return balance;
}

TEST(CubeTable, EdgesJoinCornersThatDifferInTheirAxisAlone) {
  for (int edge = 0; edge < kCubeEdges; ++edge) {
    EXPECT_EQ(low_corner_of_edge(edge) ^ high_corner_of_edge(edge), 1 << edge / 4);
    EXPECT_LT(low_corner_of_edge(edge), high_corner_of_edge(edge));
  }
}

TEST(CubeTable, UsesExactlyTheEdgesWhoseEndsDiffer) {
  for (int pattern = 0; pattern < 256; ++pattern) {
    int used = 0, crossed = 0;
    const CubeCase& cube = cube_cases()[static_cast<size_t>(pattern)];
    for (int t = 0; t < cube.triangle_count; ++t) {
      for (const int edge : cube.triangles[static_cast<size_t>(t)]) used |= 1 << edge;
    }
    for (int edge = 0; edge < kCubeEdges; ++edge) {
      if (inside(pattern, low_corner_of_edge(edge)) != inside(pattern, high_corner_of_edge(edge))) crossed |= 1 << edge;
    }
    EXPECT_EQ(used, crossed) << "pattern " << pattern;
  }
}

TEST(CubeTable, BorderSidesLieInFacesOfTheCell) {
  for (int pattern = 0; pattern < 256; ++pattern) {
    for (const auto& [side, count] : open_sides(pattern)) {
      const glm::vec3 a = middle_of(side.first), b = middle_of(side.second);
      bool in_face = false;
      for (int axis = 0; axis < 3; ++axis) in_face |= a[axis] == b[axis] && (a[axis] == 0 || a[axis] == 1);
      EXPECT_TRUE(in_face) << "pattern " << pattern;
      EXPECT_EQ(count, 1) << "pattern " << pattern;
    }
  }
}

// Any two cells on both sides of a face must leave the same border there, in opposite directions; then a mesh has no
// cracks whatever the signs are.
TEST(CubeTable, NeighboursAgreeOnTheirCommonFace) {
  for (int axis = 0; axis < 3; ++axis) {
    for (int low = 0; low < 256; ++low) {
      for (int high = 0; high < 256; ++high) {
        bool common = true;  // the low cell's high face carries the signs of the high cell's low face
        for (int corner = 0; corner < 8 && common; ++corner) {
          if ((corner >> axis & 1) == 0) common = inside(high, corner) == inside(low, corner | 1 << axis);
        }
        if (!common) continue;
        std::map<std::pair<int, int>, int> borders[2];
        for (int cell = 0; cell < 2; ++cell) {
          for (const auto& [side, count] : open_sides(cell == 0 ? low : high)) {
            const float face = cell == 0 ? 1 : 0;
            if (middle_of(side.first)[axis] != face || middle_of(side.second)[axis] != face) continue;
            const auto key = [&](int edge) {  // the edge in the face, whichever cell's
              glm::vec3 m = middle_of(edge) * 2.0f;
              m[axis] = 0;
              return static_cast<int>(m.x + 3 * m.y + 9 * m.z);
            };
            const int a = key(side.first), b = key(side.second);
            borders[cell][cell == 0 ? std::pair(a, b) : std::pair(b, a)] = count;
          }
        }
        ASSERT_EQ(borders[0], borders[1]) << "axis " << axis << " patterns " << low << " " << high;
      }
    }
  }
}

TEST(CubeTable, OneInsideCornerFacesAwayFromIt) {
  for (int corner = 0; corner < 8; ++corner) {
    const CubeCase& cube = cube_cases()[static_cast<size_t>(1 << corner)];
    ASSERT_EQ(cube.triangle_count, 1);
    const auto& t = cube.triangles[0];
    const glm::vec3 a = middle_of(t[0]), b = middle_of(t[1]), c = middle_of(t[2]);
    EXPECT_GT(glm::dot(glm::cross(b - a, c - a), a - corner_at(corner)), 0) << "corner " << corner;
  }
}

}  // namespace
}  // namespace diorama
