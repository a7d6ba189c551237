#include "reconstruction/fusion/cube_table.h"

#include "engine/base/error.h"

#include <limits>
#include <span>
#include <vector>

namespace diorama {
namespace {

using Loop = std::vector<int>;  // edges of the cube

bool inside(int pattern, int corner) {
  return (pattern >> corner & 1) != 0;
}

int edge_between(int a, int b) {
  for (int edge = 0; edge < kCubeEdges; ++edge) {
    const int low = low_corner_of_edge(edge), high = high_corner_of_edge(edge);
    if ((low == a && high == b) || (low == b && high == a)) return edge;
  }
  DIO_CHECK(false);
  return 0;
}

// Corners of a face, counter-clockwise seen from outside the cube.
std::array<int, 4> face_corners(int axis, bool high_side) {
  const int first = 1 << (axis + 1) % 3, second = 1 << (axis + 2) % 3, base = high_side ? 1 << axis : 0;
  const std::array<int, 4> corners = {base, base | first, base | first | second, base | second};
  return high_side ? corners : std::array<int, 4>{corners[3], corners[2], corners[1], corners[0]};
}

// next[e]: where the surface's border goes from edge e, -1 where the surface does not cross e. Each crossed edge lies
// in two faces that run along it in opposite directions, so each has one way in and one way out.
std::array<int, kCubeEdges> border_of(int pattern) {
  std::array<int, kCubeEdges> next;
  next.fill(-1);
  for (int face = 0; face < 6; ++face) {
    const auto corners = face_corners(face / 2, face % 2 == 1);
    for (size_t i = 0; i < 4; ++i) {
      // A run of positive corners begins at i: walk to its end.
      if (inside(pattern, corners[i]) || !inside(pattern, corners[(i + 3) % 4])) continue;
      size_t end = i;
      while (!inside(pattern, corners[(end + 1) % 4])) end = (end + 1) % 4;
      next[static_cast<size_t>(edge_between(corners[(i + 3) % 4], corners[i]))] =
          edge_between(corners[end], corners[(end + 1) % 4]);
    }
  }
  return next;
}

std::vector<Loop> loops_of(int pattern) {
  const auto next = border_of(pattern);
  std::array<bool, kCubeEdges> done{};
  std::vector<Loop> loops;
  for (int start = 0; start < kCubeEdges; ++start) {
    if (next[static_cast<size_t>(start)] < 0 || done[static_cast<size_t>(start)]) continue;
    Loop loop;
    for (int edge = start; !done[static_cast<size_t>(edge)]; edge = next[static_cast<size_t>(edge)]) {
      done[static_cast<size_t>(edge)] = true;
      loop.push_back(edge);
    }
    loops.push_back(std::move(loop));
  }
  return loops;
}

// Whether some face of the cube has both edges.
bool share_face(int a, int b) {
  for (int axis = 0; axis < 3; ++axis) {
    const auto side = [&](int edge) {
      const int low = low_corner_of_edge(edge) >> axis & 1, high = high_corner_of_edge(edge) >> axis & 1;
      return low == high ? low : 2;
    };
    if (side(a) != 2 && side(a) == side(b)) return true;
  }
  return false;
}

struct Triangulation {
  int diagonals_in_faces = std::numeric_limits<int>::max();
  std::vector<std::array<uint8_t, 3>> triangles;
};

// Best triangulation of the polygon: the triangle on its first side takes each third corner in turn.
Triangulation triangulate(const Loop& polygon) {
  if (polygon.size() < 3) return {0, {}};
  Triangulation best;
  const int first = polygon.front(), last = polygon.back();
  for (size_t third = 1; third + 1 < polygon.size(); ++third) {
    const Triangulation left = triangulate(Loop(polygon.begin(), polygon.begin() + static_cast<ptrdiff_t>(third) + 1));
    const Triangulation right = triangulate(Loop(polygon.begin() + static_cast<ptrdiff_t>(third), polygon.end()));
    int diagonals = left.diagonals_in_faces + right.diagonals_in_faces;
    if (third > 1 && share_face(first, polygon[third])) ++diagonals;
    if (third + 2 < polygon.size() && share_face(last, polygon[third])) ++diagonals;
    if (diagonals >= best.diagonals_in_faces) continue;
    best = {diagonals, left.triangles};
    best.triangles.insert(best.triangles.end(), right.triangles.begin(), right.triangles.end());
    best.triangles.push_back(
        {static_cast<uint8_t>(last), static_cast<uint8_t>(polygon[third]), static_cast<uint8_t>(first)});
  }
  return best;
}

std::array<CubeCase, 256> derive_cases() {
  std::array<CubeCase, 256> cases;
  for (int pattern = 0; pattern < 256; ++pattern) {
    CubeCase& result = cases[static_cast<size_t>(pattern)];
    for (const Loop& loop : loops_of(pattern)) {
      for (const auto& triangle : triangulate(loop).triangles) {
        result.triangles.at(static_cast<size_t>(result.triangle_count++)) = triangle;
      }
    }
  }
  return cases;
}

}  // namespace

const std::array<CubeCase, 256>& cube_cases() {
  static const std::array<CubeCase, 256> cases = derive_cases();
  return cases;
}

}  // namespace diorama
