#include "capture/synth/bvh.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "capture/synth/bvh_trace.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::CappedTag<float, 4> kFour;  // fewer lanes where the target has no vectors
using Vec = hn::Vec<decltype(kFour)>;

// Edges overlap by this share of a triangle, so that no ray slips between neighbours.
constexpr float kEdgeSlack = 2e-6f;

struct Ray {
  Vec origin[3], direction[3], inverse[3];
};

Ray spread(glm::vec3 origin, glm::vec3 direction) {
  Ray ray;
  for (int k = 0; k < 3; ++k) {
    ray.origin[k] = hn::Set(kFour, origin[k]);
    ray.direction[k] = hn::Set(kFour, direction[k]);
    // Never infinite: 0 * infinity would make NaN on a box's face.
    const float d = std::abs(direction[k]) > 1e-18f ? direction[k] : std::copysign(1e-18f, direction[k]);
    ray.inverse[k] = hn::Set(kFour, 1.0f / d);
  }
  return ray;
}

// Entry distances of the children (from `lane` on, one vector of them) that the ray meets before t_max; bits of the
// result are children.
HWY_INLINE int some_boxes(const SynthBvh::Node& node, size_t lane, const Ray& ray, float t_max, float* entry) {
  Vec enter = hn::Zero(kFour), leave = hn::Set(kFour, t_max);
  for (size_t k = 0; k < 3; ++k) {
    const Vec a = hn::Mul(hn::Sub(hn::Load(kFour, node.min[k].data() + lane), ray.origin[k]), ray.inverse[k]);
    const Vec b = hn::Mul(hn::Sub(hn::Load(kFour, node.max[k].data() + lane), ray.origin[k]), ray.inverse[k]);
    enter = hn::Max(enter, hn::Min(a, b));
    leave = hn::Min(leave, hn::Max(a, b));
  }
  hn::Store(enter, kFour, entry + lane);
  uint8_t bits[8] = {};
  hn::StoreMaskBits(kFour, hn::Le(enter, leave), bits);
  return bits[0] << lane;
}

HWY_INLINE void cross(const Vec* a, const Vec* b, Vec* out) {
  for (size_t k = 0; k < 3; ++k) {
    const size_t m = (k + 1) % 3, n = (k + 2) % 3;
    out[k] = hn::Sub(hn::Mul(a[m], b[n]), hn::Mul(a[n], b[m]));
  }
}

HWY_INLINE Vec dot(const Vec* a, const Vec* b) {
  return hn::Add(hn::Add(hn::Mul(a[0], b[0]), hn::Mul(a[1], b[1])), hn::Mul(a[2], b[2]));
}

// Moeller and Trumbore 1997, four triangles at once.
HWY_INLINE int some_triangles(const SynthBvh::Pack& pack, size_t lane, const Ray& ray, float t_max, float* t, float* u,
                              float* v) {
  Vec corner_to_origin[3], edge_b[3], edge_c[3], p[3], q[3];
  for (size_t k = 0; k < 3; ++k) {
    edge_b[k] = hn::Load(kFour, pack.edge_b[k].data() + lane);
    edge_c[k] = hn::Load(kFour, pack.edge_c[k].data() + lane);
    corner_to_origin[k] = hn::Sub(ray.origin[k], hn::Load(kFour, pack.corner[k].data() + lane));
  }
  cross(ray.direction, edge_c, p);
  const Vec determinant = dot(edge_b, p);
  const Vec inverse = hn::Div(hn::Set(kFour, 1.0f), determinant);
  const Vec weight_b = hn::Mul(dot(corner_to_origin, p), inverse);
  cross(corner_to_origin, edge_b, q);
  const Vec weight_c = hn::Mul(dot(ray.direction, q), inverse);
  const Vec distance = hn::Mul(dot(edge_c, q), inverse);
  const Vec low = hn::Set(kFour, -kEdgeSlack), zero = hn::Zero(kFour);
  auto hit = hn::And(hn::Ne(determinant, zero), hn::And(hn::Ge(weight_b, low), hn::Ge(weight_c, low)));
  hit = hn::And(hit, hn::Le(hn::Add(weight_b, weight_c), hn::Set(kFour, 1.0f + kEdgeSlack)));
  hit = hn::And(hit, hn::And(hn::Gt(distance, zero), hn::Lt(distance, hn::Set(kFour, t_max))));
  uint8_t bits[8] = {};
  hn::StoreMaskBits(kFour, hit, bits);
  if (bits[0] == 0) return 0;
  hn::Store(distance, kFour, t + lane);
  hn::Store(weight_b, kFour, u + lane);
  hn::Store(weight_c, kFour, v + lane);
  return bits[0] << lane;
}

HWY_INLINE int boxes(const SynthBvh::Node& node, const Ray& ray, float t_max, float* entry) {
  int hit = 0;
  for (size_t lane = 0; lane < 4; lane += hn::Lanes(kFour)) hit |= some_boxes(node, lane, ray, t_max, entry);
  return hit;
}

HWY_INLINE int triangles(const SynthBvh::Pack& pack, const Ray& ray, float t_max, float* t, float* u, float* v) {
  int hit = 0;
  for (size_t lane = 0; lane < 4; lane += hn::Lanes(kFour)) hit |= some_triangles(pack, lane, ray, t_max, t, u, v);
  return hit;
}

struct Entry {
  float t;
  int32_t child;
};

// Deeper than any tree over 2^32 triangles: three siblings wait on each level.
constexpr size_t kStack = 256;

// Puts the children that are hit on the stack, the farthest first.
HWY_INLINE size_t push_children(const SynthBvh::Node& node, int hit, const float* entry, Entry* stack, size_t top) {
  const size_t base = top;
  for (size_t lane = 0; lane < 4; ++lane) {
    if ((hit >> lane & 1) == 0) continue;
    size_t at = top++;
    for (; at > base && stack[at - 1].t < entry[lane]; --at) stack[at] = stack[at - 1];
    stack[at] = {entry[lane], node.child[lane]};
  }
  return top;
}

// Where the ray meets the triangle's plane, in double: the vectors' arithmetic errs where a ray grazes, or on slivers.
float exact_distance(const SynthBvh::Pack& pack, size_t lane, glm::vec3 origin, glm::vec3 direction, float t) {
  const auto get = [lane](const auto& rows) { return glm::dvec3(rows[0][lane], rows[1][lane], rows[2][lane]); };
  const glm::dvec3 normal = glm::cross(get(pack.edge_b), get(pack.edge_c));
  const double exact =
      glm::dot(normal, get(pack.corner) - glm::dvec3(origin)) / glm::dot(normal, glm::dvec3(direction));
  return std::isfinite(exact) && exact > 0 ? static_cast<float>(exact) : t;
}

template <bool kAnyHit>
HWY_INLINE SynthBvhHit trace(const SynthBvh& bvh, glm::vec3 origin, glm::vec3 direction, float t_max) {
  const Ray ray = spread(origin, direction);
  const SynthBvh::Node* nodes = bvh.nodes().data();
  const SynthBvh::Pack* packs = bvh.packs().data();
  SynthBvhHit best;
  const SynthBvh::Pack* best_pack = nullptr;
  size_t best_lane = 0;
  best.t = t_max;
  Entry stack[kStack];
  size_t top = 0;
  stack[top++] = {0.0f, 0};
  alignas(16) float a[4], b[4], c[4];
  while (top > 0) {
    const Entry entry = stack[--top];
    if (entry.t > best.t) continue;
    if (entry.child >= 0) {
      const SynthBvh::Node& node = nodes[entry.child];
      const int hit = boxes(node, ray, best.t, a);
      if (hit != 0) top = push_children(node, hit, a, stack, top);
      continue;
    }
    const SynthBvh::Pack& pack = packs[~entry.child];
    const int hit = triangles(pack, ray, best.t, a, b, c);
    for (size_t lane = 0; lane < 4 && hit != 0; ++lane) {
      if ((hit >> lane & 1) == 0 || !(a[lane] < best.t)) continue;
      best = {a[lane], pack.triangle[lane], b[lane], c[lane]};
      best_pack = &pack;
      best_lane = lane;
    }
    if (kAnyHit && best) return best;
  }
  if (best_pack != nullptr) best.t = exact_distance(*best_pack, best_lane, origin, direction, best.t);
  return best;
}

SynthBvhHit closest(const SynthBvh& bvh, glm::vec3 origin, glm::vec3 direction, float t_max) {
  return trace<false>(bvh, origin, direction, t_max);
}

bool occluded(const SynthBvh& bvh, glm::vec3 origin, glm::vec3 direction, float t_max) {
  return static_cast<bool>(trace<true>(bvh, origin, direction, t_max));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace diorama
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(closest);
HWY_EXPORT(occluded);

SynthBvhHit SynthBvh::closest(glm::vec3 origin, glm::vec3 direction, float t_max) const {
  return HWY_DYNAMIC_DISPATCH(closest)(*this, origin, direction, t_max);
}

bool SynthBvh::occluded(glm::vec3 origin, glm::vec3 direction, float t_max) const {
  return HWY_DYNAMIC_DISPATCH(occluded)(*this, origin, direction, t_max);
}

}  // namespace diorama
#endif  // HWY_ONCE
