#pragma once

#include <array>
#include <cstdint>

namespace diorama {

// Corner c of a cell stands at (c & 1, c >> 1 & 1, c >> 2). Edge e runs along axis e / 4 from its low corner.
inline constexpr int kCubeEdges = 12;

constexpr int low_corner_of_edge(int edge) {
  const int axis = edge / 4, a = edge & 1, b = edge >> 1 & 1;
  const int first = axis == 0 ? 1 : 0, second = axis == 2 ? 1 : 2;  // the other two axes
  return a << first | b << second;
}
constexpr int high_corner_of_edge(int edge) {
  return low_corner_of_edge(edge) | 1 << (edge / 4);
}

struct CubeCase {
  int triangle_count = 0;
  std::array<std::array<uint8_t, 3>, 10> triangles{};  // edges, counter-clockwise seen from the positive side
};

// The triangles for each sign pattern (bit c: corner c is negative, inside). Derived, not tabled: on every face of the
// cube, each run of positive corners is cut off by one segment, so that two cells that share a face agree on it; the
// segments close into loops, and a loop is triangulated without diagonals inside a face where that can be done, for
// there the neighbour could have the same one.
const std::array<CubeCase, 256>& cube_cases();

}  // namespace diorama
