#include "capture/synth/bvh.h"

#include "engine/base/error.h"
#include "engine/scene/mesh.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diorama {
namespace {

constexpr int kBins = 16;
constexpr uint32_t kLeafTriangles = 4;
const Bounds kNowhere{glm::vec3(1e30f), glm::vec3(1e30f)};  // of children that are not there

struct Item {
  Bounds box;
  glm::vec3 center{0.0f};
  uint32_t triangle = 0;
};

float half_area(const Bounds& box) {
  if (box.empty()) return 0;
  const glm::vec3 size = box.max - box.min;
  return size.x * size.y + size.y * size.z + size.z * size.x;
}

void extend(Bounds& box, const Bounds& other) {
  box.min = glm::min(box.min, other.min);
  box.max = glm::max(box.max, other.max);
}

Bounds box_of(std::span<const Item> items) {
  Bounds box;
  for (const Item& item : items) extend(box, item.box);
  return box;
}

struct SplitPlane {
  float cost = std::numeric_limits<float>::max();
  int axis = 0, bin = 0;
};

int bin_of(float center, float low, float scale) {
  return std::clamp(static_cast<int>((center - low) * scale), 0, kBins - 1);
}

// The cheapest of the planes between bins along one axis.
SplitPlane best_plane(std::span<const Item> items, const Bounds& centers, int axis) {
  const float extent = centers.max[axis] - centers.min[axis];
  SplitPlane best;
  if (!(extent > 0)) return best;
  const float scale = kBins / extent;
  std::array<Bounds, kBins> boxes;
  std::array<uint32_t, kBins> counts{};
  for (const Item& item : items) {
    const auto bin = static_cast<size_t>(bin_of(item.center[axis], centers.min[axis], scale));
    extend(boxes[bin], item.box);
    ++counts[bin];
  }
  std::array<float, kBins> left_cost{};
  Bounds left, right;
  uint32_t left_count = 0, right_count = 0;
  for (size_t bin = 0; bin + 1 < kBins; ++bin) {
    extend(left, boxes[bin]);
    left_count += counts[bin];
    left_cost[bin] = half_area(left) * static_cast<float>(left_count);
  }
  for (size_t bin = kBins - 1; bin > 0; --bin) {
    extend(right, boxes[bin]);
    right_count += counts[bin];
    const float cost = left_cost[bin - 1] + half_area(right) * static_cast<float>(right_count);
    if (cost < best.cost) best = {cost, axis, static_cast<int>(bin)};
  }
  return best;
}

// Reorders the items in two groups; returns the size of the first, neither is empty.
size_t split(std::span<Item> items) {
  Bounds centers;
  for (const Item& item : items) centers.extend(item.center);
  SplitPlane best;
  for (int axis = 0; axis < 3; ++axis) {
    const SplitPlane plane = best_plane(items, centers, axis);
    if (plane.cost < best.cost) best = plane;
  }
  size_t middle = 0;
  if (best.bin > 0) {
    const float low = centers.min[best.axis], scale = kBins / (centers.max[best.axis] - low);
    middle = static_cast<size_t>(
        std::stable_partition(items.begin(), items.end(),
                              [&](const Item& item) { return bin_of(item.center[best.axis], low, scale) < best.bin; }) -
        items.begin());
  }
  return middle == 0 || middle == items.size() ? items.size() / 2 : middle;  // all centres in one place: halves
}

struct Builder {
  const SynthGeometry& geometry;
  std::vector<SynthBvh::Node>& nodes;
  std::vector<SynthBvh::Pack>& packs;

  int32_t add_leaf(std::span<const Item> items) {
    SynthBvh::Pack pack{};
    pack.triangle.fill(UINT32_MAX);
    for (size_t lane = 0; lane < items.size(); ++lane) {
      const glm::uvec3 corners = geometry.triangles[items[lane].triangle].vertices;
      const glm::vec3 a = geometry.vertices[corners.x].position;
      const glm::vec3 ab = geometry.vertices[corners.y].position - a, ac = geometry.vertices[corners.z].position - a;
      for (int axis = 0; axis < 3; ++axis) {
        const auto k = static_cast<size_t>(axis);
        pack.corner[k][lane] = a[axis];
        pack.edge_b[k][lane] = ab[axis];
        pack.edge_c[k][lane] = ac[axis];
      }
      pack.triangle[lane] = items[lane].triangle;
    }
    packs.push_back(pack);
    return ~static_cast<int32_t>(packs.size() - 1);
  }

  int32_t add(std::span<Item> items) {
    if (items.size() <= kLeafTriangles) return add_leaf(items);
    // Two levels of a binary tree make one node; the larger group is split first.
    std::array<std::span<Item>, 4> groups{items};
    size_t count = 1;
    while (count < 4) {
      const auto largest = std::max_element(groups.begin(), groups.begin() + static_cast<ptrdiff_t>(count),
                                            [](const auto& a, const auto& b) { return a.size() < b.size(); });
      if (largest->size() <= kLeafTriangles) break;
      const size_t middle = split(*largest);
      groups[count++] = largest->subspan(middle);
      *largest = largest->first(middle);
    }
    const size_t index = nodes.size();
    nodes.emplace_back();
    for (size_t lane = 0; lane < 4; ++lane) {
      const Bounds box = lane < count ? box_of(groups[lane]) : kNowhere;
      const int32_t child = lane < count ? add(groups[lane]) : 0;
      for (int axis = 0; axis < 3; ++axis) {
        nodes[index].min[static_cast<size_t>(axis)][lane] = box.min[axis];
        nodes[index].max[static_cast<size_t>(axis)][lane] = box.max[axis];
      }
      nodes[index].child[lane] = child;
    }
    return static_cast<int32_t>(index);
  }
};

// Ericson, Real-Time Collision Detection, 5.1.5; in double, as long thin triangles need it.
glm::dvec3 closest_on_triangle(glm::dvec3 p, glm::dvec3 a, glm::dvec3 ab, glm::dvec3 ac) {
  const glm::dvec3 ap = p - a, bp = ap - ab, cp = ap - ac;
  const double d1 = glm::dot(ab, ap), d2 = glm::dot(ac, ap);
  if (d1 <= 0 && d2 <= 0) return a;
  const double d3 = glm::dot(ab, bp), d4 = glm::dot(ac, bp);
  if (d3 >= 0 && d4 <= d3) return a + ab;
  const double vc = d1 * d4 - d3 * d2;
  if (vc <= 0 && d1 >= 0 && d3 <= 0) return a + ab * (d1 / (d1 - d3));
  const double d5 = glm::dot(ab, cp), d6 = glm::dot(ac, cp);
  if (d6 >= 0 && d5 <= d6) return a + ac;
  const double vb = d5 * d2 - d1 * d6;
  if (vb <= 0 && d2 >= 0 && d6 <= 0) return a + ac * (d2 / (d2 - d6));
  const double va = d3 * d6 - d5 * d4;
  if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) return a + ab + (ac - ab) * ((d4 - d3) / ((d4 - d3) + (d5 - d6)));
  const double scale = 1.0 / (va + vb + vc);
  return a + ab * (vb * scale) + ac * (vc * scale);
}

float squared_distance(const SynthBvh::Node& node, size_t lane, glm::vec3 p) {
  float sum = 0;
  for (size_t k = 0; k < 3; ++k) {
    const float x = p[static_cast<int>(k)];
    const float gap = std::max({node.min[k][lane] - x, x - node.max[k][lane], 0.0f});
    sum += gap * gap;
  }
  return sum;
}

float squared_distance(const SynthBvh::Pack& pack, glm::vec3 p) {
  double best = std::numeric_limits<float>::max();
  for (size_t lane = 0; lane < 4 && pack.triangle[lane] != UINT32_MAX; ++lane) {
    const auto get = [&](const auto& rows) { return glm::dvec3(rows[0][lane], rows[1][lane], rows[2][lane]); };
    const glm::dvec3 gap = glm::dvec3(p) - closest_on_triangle(p, get(pack.corner), get(pack.edge_b), get(pack.edge_c));
    best = std::min(best, glm::dot(gap, gap));
  }
  return static_cast<float>(best);
}

}  // namespace

SynthBvh::SynthBvh(const SynthGeometry& geometry) {
  DIO_CHECK(!geometry.triangles.empty());
  std::vector<Item> items(geometry.triangles.size());
  for (uint32_t i = 0; i < items.size(); ++i) {
    const glm::uvec3 corners = geometry.triangles[i].vertices;
    for (int k = 0; k < 3; ++k) items[i].box.extend(geometry.vertices[corners[k]].position);
    // Flat boxes get some thickness, so that rounding in the box test never hides what is in them.
    items[i].box.min -= 1e-5f;
    items[i].box.max += 1e-5f;
    items[i].center = 0.5f * (items[i].box.min + items[i].box.max);
    items[i].triangle = i;
  }
  Builder builder{geometry, nodes_, packs_};
  if (builder.add(items) < 0) {  // a leaf alone still gets a root
    const Bounds box = box_of(items);
    Node& root = nodes_.emplace_back();
    for (size_t k = 0; k < 3; ++k) {
      root.min[k].fill(1e30f);
      root.max[k].fill(1e30f);
      root.min[k][0] = box.min[static_cast<int>(k)];
      root.max[k][0] = box.max[static_cast<int>(k)];
    }
    root.child = {~0, 0, 0, 0};
  }
}

float SynthBvh::distance(glm::vec3 point) const {
  struct Entry {
    float squared;
    int32_t child;
  };
  std::vector<Entry> heap{{0, 0}};
  const auto farther = [](const Entry& a, const Entry& b) { return a.squared > b.squared; };
  float best = std::numeric_limits<float>::max();
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), farther);
    const Entry entry = heap.back();
    heap.pop_back();
    if (entry.squared >= best) break;
    if (entry.child < 0) {
      best = std::min(best, squared_distance(packs_[static_cast<size_t>(~entry.child)], point));
      continue;
    }
    const Node& node = nodes_[static_cast<size_t>(entry.child)];
    for (size_t lane = 0; lane < 4; ++lane) {
      if (node.min[0][lane] == kNowhere.min.x) continue;
      heap.push_back({squared_distance(node, lane, point), node.child[lane]});
      std::push_heap(heap.begin(), heap.end(), farther);
    }
  }
  return std::sqrt(best);
}

}  // namespace diorama
